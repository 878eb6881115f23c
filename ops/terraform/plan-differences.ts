/** A planned change of one resource. */
export interface Difference {
  address: string;
  /** create, update, delete, or delete and create. */
  actions: string[];
  /** Paths of attributes whose values differ, such as "ingress.0.from_port". */
  attributes: string[];
  /** Changed outside of Terraform since the last apply. */
  drift: boolean;
}

interface ResourceChange {
  address: string;
  change: { actions: string[]; before: unknown; after: unknown; after_unknown?: unknown };
}

/** Differences in the JSON of `terraform show -json`; drift and the change that would undo it are one row. */
export function planDifferences(plan: unknown): Difference[] {
  const { resource_changes: changes = [], resource_drift: drifted = [] } = plan as {
    resource_changes?: ResourceChange[];
    resource_drift?: ResourceChange[];
  };
  const driftedAddresses = new Set(drifted.map((change) => change.address));
  return changes
    .filter(({ change }) => !['no-op', 'read'].includes(change.actions[0] ?? ''))
    .map(({ address, change }) => ({
      address,
      actions: change.actions,
      attributes: change.actions.includes('update') ? differingPaths(change.before, change.after) : [],
      drift: driftedAddresses.has(address),
    }));
}

/** Paths at which two values differ, including values that are not known yet (absent in `after`). */
export function differingPaths(before: unknown, after: unknown, path = ''): string[] {
  if (Object.is(before, after)) return [];
  if (!isContainer(before) || !isContainer(after)) return [path];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => {
    const inner = path ? `${path}.${key}` : key;
    return differingPaths(before[key], after[key], inner);
  });
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
