import type { TerraformEvent } from '../../terraform/terraform-events.ts';
import type { PlanChange } from '../manifest.ts';

/** What happened to each planned change, by the events of `terraform apply -json`. */
export interface Progress {
  take: (event: TerraformEvent) => void;
  /** Addresses: finished; refused by AWS; begun without an end; never begun. */
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
        // A replacement is two: one goes, one is made.
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
