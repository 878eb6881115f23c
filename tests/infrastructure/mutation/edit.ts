import type { Json, Values } from '../plan/document.ts';
import type { PlannedEnvironment, Resource, Stack, StackName } from '../plan/environment.ts';
import type { Path } from '../plan/leaves.ts';

/** Returns the new value; undefined removes it. */
export type Change = (value: Json) => Json | undefined;

/** The environment with some resources of a stack replaced; everything else is shared. */
export function withResources(
  environment: PlannedEnvironment,
  stack: StackName,
  change: (resource: Resource) => Resource | undefined,
): PlannedEnvironment {
  const before = environment[stack];
  const resources = before.resources.flatMap((resource) => change(resource) ?? []);
  return { ...environment, [stack]: { ...before, resources } };
}

export function withStack(
  environment: PlannedEnvironment,
  stack: StackName,
  change: Partial<Stack>,
): PlannedEnvironment {
  return { ...environment, [stack]: { ...environment[stack], ...change } };
}

/** A resource with the value at a path changed; paths continue inside text that holds JSON. */
export function withValue(resource: Resource, path: Path, change: Change, jsonAt?: number): Resource {
  if (jsonAt === undefined) return { ...resource, values: edit(resource.values, path, change) as Values };
  const inJson: Change = (text) =>
    typeof text === 'string'
      ? JSON.stringify(edit(JSON.parse(text) as Json, path.slice(jsonAt), change))
      : text;
  return { ...resource, values: edit(resource.values, path.slice(0, jsonAt), inJson) as Values };
}

/** The value at a path; undefined if there is none. */
export function valueAt(resource: Resource, path: Path, jsonAt?: number): Json | undefined {
  let value: Json | undefined = resource.values;
  for (const [index, part] of path.entries()) {
    if (index === jsonAt && typeof value === 'string') value = JSON.parse(value) as Json;
    if (typeof value !== 'object' || value === null) return undefined;
    value = Array.isArray(value) ? value[Number(part)] : value[part];
  }
  return jsonAt === path.length && typeof value === 'string' ? (JSON.parse(value) as Json) : value;
}

function edit(value: Json, path: Path, change: Change): Json {
  const [first, ...rest] = path;
  if (first === undefined) return change(value) ?? null;
  if (Array.isArray(value)) {
    const at = Number(first);
    const before = value[at];
    if (before === undefined) return value;
    const next = rest.length === 0 ? change(before) : edit(before, rest, change);
    return next === undefined ? value.toSpliced(at, 1) : value.with(at, next);
  }
  if (typeof value !== 'object' || value === null) return value;
  const before = value[first];
  if (before === undefined) return value;
  const next = rest.length === 0 ? change(before) : edit(before, rest, change);
  // A provider shows unset values as null.
  return { ...value, [first]: next ?? null };
}
