import type { Json } from '../plan/document.ts';
import type { PlannedEnvironment, Resource, StackName } from '../plan/environment.ts';
import { configuredLeaves, pathText, type Leaf, type Path } from '../plan/leaves.ts';
import { valueAt, withResources, withValue, type Change } from './edit.ts';

/**
 * One place in terraform/aws where a value is written. Instances of a block share their places, and so do resources
 * with the same policy document: one change of the files changes them all.
 */
export interface Place {
  stack: StackName;
  /** aws_subnet.private */
  block: string;
  type: string;
  path: Path;
  jsonAt: number | undefined;
  required: boolean;
  /** The value in the first instance. */
  value: Json;
  addresses: ReadonlySet<string>;
}

export const STACK_NAMES = ['bootstrap', 'staging'] as const;

/** Every place of both stacks, in the order of their resources. */
export function findPlaces(environment: PlannedEnvironment): Place[] {
  return STACK_NAMES.flatMap((stack) => {
    const places = new Map<string, Place & { addresses: Set<string> }>();
    for (const resource of environment[stack].resources) {
      const block = environment[stack].blocks.get(resource.block);
      if (!block) continue;
      for (const leaf of configuredLeaves(resource, block)) {
        const key = keyOf(resource, leaf);
        const known = places.get(key);
        if (known) known.addresses.add(resource.address);
        else places.set(key, toPlace(stack, resource, leaf));
      }
    }
    return [...places.values()];
  });
}

export function placeName({ stack, block, path }: Pick<Place, 'stack' | 'block' | 'path'>): string {
  return `${stack} ${block} ${pathText(path)}`;
}

/** The environment with the value of a place changed in all its resources. */
export function changePlace(
  environment: PlannedEnvironment,
  place: Place,
  change: Change,
): PlannedEnvironment {
  return withResources(environment, place.stack, (resource) => {
    if (!place.addresses.has(resource.address)) return resource;
    return withValue(resource, place.path, change, place.jsonAt);
  });
}

/** The place of something that contains values: a block, a statement, a list. */
export function containerOf(place: Place, length: number): Place {
  return { ...place, path: place.path.slice(0, length) };
}

function keyOf(resource: Resource, { path, jsonAt }: Leaf): string {
  if (jsonAt === undefined) return `${resource.block} ${pathText(path)}`;
  const text = JSON.stringify(valueAt(resource, path.slice(0, jsonAt)));
  return `${text} ${pathText(path)}`;
}

function toPlace(stack: StackName, resource: Resource, leaf: Leaf): Place & { addresses: Set<string> } {
  return {
    stack,
    block: resource.block,
    type: resource.type,
    path: leaf.path,
    jsonAt: leaf.jsonAt,
    required: leaf.required ?? false,
    value: leaf.value,
    addresses: new Set([resource.address]),
  };
}
