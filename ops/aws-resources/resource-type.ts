/** The attributes of one resource, as planned, applied, or read from a state. */
export type Attributes = Readonly<Record<string, unknown>>;

/** Returns all resources of a type in the same environment. */
export type All = (type: string) => readonly Attributes[];

/** Everything this repository knows about a resource type, apart from the files that declare it. */
export interface ResourceType {
  /** The provider's service package, which is also the name of its endpoint. */
  service: string;
  /** Cost while the resource exists. Left out if it is free, or billed by use, which a plan cannot tell. */
  prices?: (one: Attributes, all: All) => readonly Price[];
  /**
   * The service's rules for names and descriptions, by attribute; neither the provider nor the emulator checks them.
   */
  texts?: Readonly<Record<string, TextForm>>;
  /** Its card in the rehearsal's report. */
  card?: Card;
}

export interface Price {
  item: string;
  count: number;
  usd: number;
  per: 'hour' | 'month';
  /** Number that is free of charge. */
  free?: number;
}

export interface TextForm {
  pattern: RegExp;
  /** The page of AWS's documentation with the rule. */
  page: string;
}

export interface Card {
  area: 'In front' | 'Running' | 'Keeping' | 'Watching';
  title: string;
  /** Lines about all resources of the type; without lines there is no card. */
  facts: (ones: readonly Attributes[], all: All) => readonly string[];
}

export function hourly(item: string, usd: number): () => Price[] {
  return () => [{ item, count: 1, usd, per: 'hour' }];
}

export function monthly(item: string, usd: number, free = 0): () => Price[] {
  return () => [{ item, count: 1, usd, per: 'month', free }];
}

/** A text or number attribute; anything else becomes "". */
export function text(one: Attributes | undefined, name: string): string {
  const value = one?.[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

export function card(area: Card['area'], title: string, facts: Card['facts']): Card {
  return { area, title, facts };
}

/** The facts of a card that shows one attribute of each resource. */
export function each(name: string): Card['facts'] {
  return (ones) => ones.map((one) => text(one, name));
}

export function list(one: Attributes, name: string): readonly Attributes[] {
  const value = one[name];
  return Array.isArray(value) ? (value as Attributes[]) : [];
}

/** Length of a list attribute; `unknown` if its elements are not known before the first apply. */
export function length(one: Attributes, name: string, unknown: number): number {
  const value = one[name];
  return Array.isArray(value) ? value.length : unknown;
}

export interface Container {
  environment?: { name: string; value: string }[];
  portMappings?: { containerPort: number }[];
  user?: string;
  readonlyRootFilesystem?: boolean;
}

/** The first container of a task definition. */
export function containerOf(definition: Attributes | undefined): Container {
  const [container] = JSON.parse(text(definition, 'container_definitions') || '[]') as Container[];
  return container ?? {};
}
