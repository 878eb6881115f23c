import type { Expressions, Json, TypeSchema } from './document.ts';
import type { Block, Resource } from './environment.ts';

export type Path = readonly (string | number)[];

/** A value that the files set, within one planned resource. */
export interface Leaf {
  path: Path;
  value: Json;
  /** If the value is inside JSON text: how many parts of the path lead to that text. */
  jsonAt?: number;
  /** Whether the provider refuses a resource without it. */
  required?: boolean;
}

/** Attributes whose text is JSON written in the files. */
export const JSON_ATTRIBUTES = new Set([
  'assume_role_policy',
  'container_definitions',
  'message_body',
  'policy',
]);
/** Texts for people, whose wording does not matter. Their presence is checked. */
const WORDS = new Set(['description', 'alarm_description', 'detail', 'title']);

/** Blocks made by `dynamic`, which a plan does not list among the expressions. */
export const DYNAMIC: Readonly<Record<string, readonly string[]>> = {
  'aws_lb_listener_rule.token': ['condition'],
};

export function pathText(path: Path): string {
  return path.join('.');
}

export function isWords({ path }: { path: Path }): boolean {
  return WORDS.has(String(path.at(-1)));
}

/** All values of a resource that the files set, without those that AWS or the provider fill in. */
export function configuredLeaves(resource: Resource, block: Block): Leaf[] {
  const expressions = block.configured.expressions ?? {};
  const names = [...Object.keys(expressions), ...(DYNAMIC[resource.block] ?? [])];
  return names.flatMap((name) => {
    // Tags are planned twice, alone and merged with the provider's; the merged ones count. The dashboard is for people:
    // its metrics are checked, not its layout.
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
    // Sets are returned in another order than written: what one block of the name sets counts for each.
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
  // A block that is complete by its presence, such as `block {}` of a firewall rule.
  return leaves.length > 0 ? leaves : [{ path, value: {} }];
}

function valueLeaves(value: Json, path: Path): Leaf[] {
  if (typeof value === 'string' && JSON_ATTRIBUTES.has(String(path.at(-1))) && /^[[{]/.test(value)) {
    return plainLeaves(JSON.parse(value) as Json, path).map((leaf) => ({ ...leaf, jsonAt: path.length }));
  }
  return plainLeaves(value, path);
}

function plainLeaves(value: Json, path: Path): Leaf[] {
  // A statement's Sid is only for people; AWS does not require it.
  if (path.at(-1) === 'Sid') return [];
  if (typeof value !== 'object' || value === null) {
    return value === null || value === '' ? [] : [{ path, value }];
  }
  const entries: [string | number, Json][] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value);
  return entries.flatMap(([name, item]) => plainLeaves(item, [...path, name]));
}
