/** What Terraform knows of one resource: planned, applied, or read from a state. */
export type Attributes = Readonly<Record<string, unknown>>;

/** The resources of a type in the same environment. */
export type All = (type: string) => readonly Attributes[];

/** All that this repository has to know of a type of resource, apart from the files that declare it. */
export interface ResourceType {
  /** The provider's package for it, which is also the name of its endpoint. */
  service: string;
  /** What it costs while it exists. Left out where it is free, or billed by use, which no plan can tell. */
  prices?: (one: Attributes, all: All) => readonly Price[];
  /** Names and descriptions that the service takes, which neither the provider nor the emulator checks; by attribute. */
  texts?: Readonly<Record<string, TextForm>>;
  /** Its card in the rehearsal's report. */
  card?: Card;
}

export interface Price {
  item: string;
  count: number;
  usd: number;
  per: 'hour' | 'month';
  /** So many cost nothing. */
  free?: number;
}

export interface TextForm {
  pattern: RegExp;
  /** Where AWS says so. */
  page: string;
}

export interface Card {
  area: 'In front' | 'Running' | 'Keeping' | 'Watching';
  title: string;
  /** Lines about all resources of the type together; no line, no card. */
  facts: (ones: readonly Attributes[], all: All) => readonly string[];
}

export function hourly(item: string, usd: number): () => Price[] {
  return () => [{ item, count: 1, usd, per: 'hour' }];
}

export function monthly(item: string, usd: number, free = 0): () => Price[] {
  return () => [{ item, count: 1, usd, per: 'month', free }];
}

/** A text or a number as Terraform writes it; anything else is "". */
export function text(one: Attributes | undefined, name: string): string {
  const value = one?.[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

export function list(one: Attributes, name: string): readonly Attributes[] {
  const value = one[name];
  return Array.isArray(value) ? (value as Attributes[]) : [];
}

/** Of a list whose elements may not be known before the first apply. */
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
