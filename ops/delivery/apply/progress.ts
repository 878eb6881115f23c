import type { TerraformEvent } from '../../terraform/terraform-events.ts';
import type { PlanChange } from '../manifest.ts';

/** The result of each planned change, from the events of `terraform apply -json`. */
export interface Progress {
  take: (event: TerraformEvent) => void;
  /** Addresses: finished; refused by AWS; started but not finished; not started. */
  read: () => { done: string[]; failed: string[]; unknown: string[]; untouched: string[] };
}

export function createProgress(changes: readonly Pick<PlanChange, 'address' | 'action'>[]): Progress {
  const open = new Map<string, number>();
  const ended = new Map<string, number>();
  const failed = new Set<string>();
  return {
    take: (event) => {
      const address = event.hook?.resource?.addr;
      if (!address || event.hook?.action === 'read') return;
      if (event.type === 'apply_start') open.set(address, (open.get(address) ?? 0) + 1);
      if (event.type === 'apply_complete') ended.set(address, (ended.get(address) ?? 0) + 1);
      if (event.type === 'apply_errored') failed.add(address);
    },
    read: () => {
      const result = {
        done: [] as string[],
        failed: [] as string[],
        unknown: [] as string[],
        untouched: [] as string[],
      };
      for (const { address, action } of changes) {
        // A replacement has two steps: delete and create.
        const needed = action === 'replace' ? 2 : 1;
        if (failed.has(address)) result.failed.push(address);
        else if ((ended.get(address) ?? 0) >= needed) result.done.push(address);
        else if (open.has(address)) result.unknown.push(address);
        else result.untouched.push(address);
      }
      return result;
    },
  };
}
