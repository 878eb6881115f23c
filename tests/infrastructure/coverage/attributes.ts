import { judge, type PlanCheck } from '../checks/check.ts';
import type { PlannedEnvironment, Resource, StackName } from '../plan/environment.ts';
import { configuredLeaves, pathText } from '../plan/leaves.ts';
import type { Values } from '../plan/document.ts';

/** Attributes of one resource type that the files set, and those that no check reads. */
export interface TypeCoverage {
  type: string;
  set: number;
  read: number;
  /** "staging aws_lb.staging idle_timeout" */
  unread: string[];
}

export interface AttributeCoverage {
  types: TypeCoverage[];
  set: number;
  read: number;
  unread: string[];
}

/** Attributes that are not counted, with the reason. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  'attributes that the files do not set': 'AWS or the provider fill them in (ids, ARNs, defaults)',
  'where the graphs of the dashboard stand': 'it is a page for people; that it shows what is ours is checked',
  'names of policy statements (Sid)':
    'AWS asks for none and acts on none; they are for the reader of the policy',
  'lifecycle, validation and the workspace':
    'a plan does not show them; terraform test sees each validation refuse',
};

/**
 * Counts each attribute that the files set once, however many instances its block has; it counts as read if a check
 * reads it in all of them. Lists and JSON count by their values. Checking only the presence does not count as reading.
 */
export function attributeCoverage(
  environment: PlannedEnvironment,
  checks: readonly PlanCheck[],
): AttributeCoverage {
  const looked = new Set<string>();
  judge(checks, environment, (address, path) => looked.add(`${address} ${path}`));
  const places = new Map<string, { type: string; read: boolean }>();
  for (const stack of ['bootstrap', 'staging'] as const) {
    for (const resource of environment[stack].resources) {
      for (const [name, type, seenAs] of attributesOf(environment, stack, resource)) {
        const read = looked.has(`${resource.address} ${seenAs}`);
        places.set(name, { type, read: read && (places.get(name)?.read ?? true) });
      }
    }
  }
  return summed(places);
}

/** Each attribute's name, its row, and the path by which it is read. */
function attributesOf(
  environment: PlannedEnvironment,
  stack: StackName,
  resource: Resource,
): [string, string, string][] {
  const block = environment[stack].blocks.get(resource.block);
  if (!block) return [];
  const own = configuredLeaves(resource, block).map(({ path }): [string, string, string] => [
    `${stack} ${resource.block} ${pathText(path)}`,
    resource.type,
    pathText(path),
  ]);
  const ownTags = Object.keys((resource.values['tags'] as Values | null | undefined) ?? {});
  const allTags = Object.keys((resource.values['tags_all'] as Values | null | undefined) ?? {});
  const tags = allTags.map((name): [string, string, string] =>
    ownTags.includes(name)
      ? [`${stack} ${resource.block} tags.${name}`, resource.type, `tags_all.${name}`]
      : [`${stack} default_tags.${name}`, 'provider', `tags_all.${name}`],
  );
  return [...own, ...tags];
}

function summed(places: ReadonlyMap<string, { type: string; read: boolean }>): AttributeCoverage {
  const types = new Map<string, TypeCoverage>();
  for (const [name, { type, read }] of places) {
    const row = types.get(type) ?? { type, set: 0, read: 0, unread: [] };
    row.set += 1;
    if (read) row.read += 1;
    else row.unread.push(name);
    types.set(type, row);
  }
  const rows = [...types.values()].toSorted((a, b) => a.type.localeCompare(b.type));
  return {
    types: rows,
    set: rows.reduce((sum, row) => sum + row.set, 0),
    read: rows.reduce((sum, row) => sum + row.read, 0),
    unread: rows.flatMap((row) => row.unread),
  };
}
