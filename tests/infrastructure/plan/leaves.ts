import type { Expressions, Json, TypeSchema } from './document.ts';
import type { Block, Resource } from './environment.ts';

export type Path = readonly (string | number)[];

/** A value that the files set, within one planned resource. */
export interface Leaf {
  path: Path;
  value: Json;
  /** How many parts of the path lead to the text that holds the JSON which the value is in. */
  jsonAt?: number;
  /** The provider refuses a resource without it. */
  required?: boolean;
}

/** Attributes whose text is JSON that the files write. */
export const JSON_ATTRIBUTES = new Set([
  'assume_role_policy',
  'container_definitions',
  'message_body',
  'policy',
]);
/** Written for people to read: any other words would do. That there are some is checked. */
const WORDS = new Set(['description', 'alarm_description', 'detail', 'title']);

/** Blocks that `dynamic` makes: a plan does not show them among the expressions. */
export const DYNAMIC: Readonly<Record<string, readonly string[]>> = {
  'aws_lb_listener_rule.token': ['condition'],
};

export function pathText(path: Path): string {
  return path.join('.');
}

export function isWords({ path }: { path: Path }): boolean {
  return WORDS.has(String(path.at(-1)));
}

/** Every single value of a resource that the files set: not what AWS or the provider fill in. */
export function configuredLeaves(resource: Resource, block: Block): Leaf[] {
  const expressions = block.configured.expressions ?? {};
  const names = [...Object.keys(expressions), ...(DYNAMIC[resource.block] ?? [])];
  return names.flatMap((name) => {
    // Tags are planned twice, alone and with the provider's; they are looked at as the latter.
    // The dashboard is a page for people: whose metrics it shows is checked, not where its graphs stand.
    if (name === 'tags' || name === 'dashboard_body') return [];
    const value = resource.values[name];
    if (value === null || value === undefined) return [];
    const inner = block.schema.block_types?.[name]?.block;
    const given = expressions[name];
    if (inner)
      return blockLeaves(value, [name], inner, Array.isArray(given) ? (given as Expressions[]) : undefined);
    const { required = false } = block.schema.attributes?.[name] ?? {};
    return valueLeaves(value, [name]).map((leaf) => ({
      ...leaf,
      required: required && leaf.path.length === 1,
    }));
  });
}

function blockLeaves(value: Json, path: Path, schema: TypeSchema, given?: readonly Expressions[]): Leaf[] {
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => blockLeaves(item, [...path, index], schema, given));
  }
  if (typeof value !== 'object' || value === null) return [];
  const leaves = Object.entries(value).flatMap(([name, item]) => {
    // Sets come back in another order than written: what one block of the name sets counts for each.
    const isGiven = given ? given.some((one) => name in one) : item !== null && item !== '';
    if (!isGiven || item === null) return [];
    const inner = schema.block_types?.[name]?.block;
    if (inner) {
      const next = given?.flatMap((one) => (Array.isArray(one[name]) ? (one[name] as Expressions[]) : []));
      return blockLeaves(item, [...path, name], inner, next);
    }
    const { required = false } = schema.attributes?.[name] ?? {};
    return valueLeaves(item, [...path, name]).map((leaf) => ({
      ...leaf,
      required: required && leaf.path.length === path.length + 1,
    }));
  });
  // A block that says all by being there, as `block {}` of a firewall rule.
  return leaves.length > 0 ? leaves : [{ path, value: {} }];
}

function valueLeaves(value: Json, path: Path): Leaf[] {
  if (typeof value === 'string' && JSON_ATTRIBUTES.has(String(path.at(-1))) && /^[[{]/.test(value)) {
    return plainLeaves(JSON.parse(value) as Json, path).map((leaf) => ({ ...leaf, jsonAt: path.length }));
  }
  return plainLeaves(value, path);
}

function plainLeaves(value: Json, path: Path): Leaf[] {
  // Statements are named for people, and AWS asks for no name.
  if (path.at(-1) === 'Sid') return [];
  if (typeof value !== 'object' || value === null) {
    return value === null || value === '' ? [] : [{ path, value }];
  }
  const entries: [string | number, Json][] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value);
  return entries.flatMap(([name, item]) => plainLeaves(item, [...path, name]));
}
