import { DYNAMIC, JSON_ATTRIBUTES } from '../infrastructure/plan/leaves.ts';
import type { Json } from '../infrastructure/plan/document.ts';
import type { PlannedEnvironment, Resource } from '../infrastructure/plan/environment.ts';

/** The effect of a change: attributes with new values, added and removed resources, dependencies. */
export type Differences = Map<string, string>;

/** All differences between two environments in values that the files set; values unknown in a plan are left out. */
export function differences(before: PlannedEnvironment, after: PlannedEnvironment): Differences {
  const found: Differences = new Map();
  for (const stack of ['bootstrap', 'staging'] as const) {
    const old = new Map(before[stack].resources.map((one) => [one.address, one]));
    for (const resource of after[stack].resources) {
      const was = old.get(resource.address);
      old.delete(resource.address);
      if (!was) found.set(`${stack} ${resource.address}`, 'new');
      else for (const [name, value] of changes(before, stack, was, resource)) found.set(name, value);
    }
    for (const address of old.keys()) found.set(`${stack} ${address}`, 'gone');
    for (const [address, { dependsOn }] of after[stack].blocks) {
      const was = before[stack].blocks.get(address)?.dependsOn ?? [];
      if (was.join() !== dependsOn.join()) found.set(`${stack} ${address} depends_on`, dependsOn.join(' '));
    }
    const defaults = after[stack].defaults;
    for (const [name, value] of Object.entries(defaults)) {
      if (!Bun.deepEquals(value, before[stack].defaults[name]))
        found.set(`${stack} var.${name}`, JSON.stringify(value));
    }
  }
  return found;
}

function changes(
  before: PlannedEnvironment,
  stack: 'bootstrap' | 'staging',
  was: Resource,
  is: Resource,
): [string, string][] {
  const configured = before[stack].blocks.get(was.block)?.configured.expressions ?? {};
  const names = [
    ...Object.keys(configured),
    ...(DYNAMIC[was.block] ?? []),
    ...(was.values['tags_all'] ? ['tags_all'] : []),
  ];
  return names.flatMap((name): [string, string][] => {
    // Missing from the plan: known after apply, because a resource that it refers to is replaced.
    if (!(name in is.values)) return [];
    const [old, now] = [plain(name, was.values[name]), plain(name, is.values[name])];
    return old === now ? [] : [[`${stack} ${was.address} ${name}`, now]];
  });
}

/** The same text for equivalent values: JSON by its content, sets in any order, a single value as a list of one. */
function plain(name: string, value: Json | undefined): string {
  const isJson = JSON_ATTRIBUTES.has(name) && typeof value === 'string' && value !== '';
  const content = isJson ? (JSON.parse(value) as Json) : (value ?? null);
  return JSON.stringify(sorted(content, isJson ? UNSET : UNSET_IN_BLOCKS));
}

const UNSET: readonly Json[] = [null, ''];
/**
 * The provider's SDK does not tell an unset attribute from its type's zero value: of a block it shows null in the state,
 * and 0 in the plan of a change. https://github.com/hashicorp/terraform-plugin-sdk/issues/90
 */
const UNSET_IN_BLOCKS: readonly Json[] = [...UNSET, 0, false];

function sorted(value: Json, unset: readonly Json[]): Json {
  if (Array.isArray(value)) {
    const items = value
      .map((item) => sorted(item, unset))
      .toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
    const [only] = items;
    return items.length === 1 && typeof only !== 'object' ? (only ?? null) : items;
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .map(([name, item]): [string, Json] => [name, sorted(item, unset)])
    .filter(([, item]) => !unset.includes(item) && !(Array.isArray(item) && item.length === 0));
  return Object.fromEntries(entries.toSorted(([a], [b]) => a.localeCompare(b)));
}
