import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runSteps } from '../../steps/run-steps.ts';
import type { DeliveryContext } from '../delivery-context.ts';
import type { PlanChange } from '../manifest.ts';
import { parseShownPlan, readChanges } from '../plan/read-plan.ts';
import { readState } from '../plan/read-state.ts';
import { variableArguments } from '../plan/variables.ts';
import { openTerraform } from '../terraform/terraform.ts';

/**
 * Plans the checked-out files with the running image, without a lock and without keeping the plan. Every difference was
 * changed by hand, or is in the files and not deployed yet. Undefined if nothing was deployed, as there is no image to
 * plan with.
 */
export async function findDrift(
  varFiles: readonly string[],
  context: DeliveryContext,
): Promise<PlanChange[] | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'lornu-drift-'));
  let changes: PlanChange[] | undefined;
  try {
    await runSteps(
      [
        {
          id: 'drift',
          title: 'Plan terraform/aws/staging with what runs',
          run: async (io) => {
            const terraform = await openTerraform(context, io);
            await terraform.init(io);
            const state = readState(await terraform.read(['state', 'pull'], "The state can't be read."));
            if (!state.deployed) return 'nothing has been deployed yet';
            const path = join(folder, 'drift.tfplan');
            const values = await variableArguments({ ...context, folder }, state.deployed, varFiles);
            await terraform.run(['plan', '-lock=false', `-out=${path}`, ...values], io, {
              what: 'terraform plan failed.',
            });
            const shown = await terraform.read(['show', '-json', path], "The plan can't be shown.");
            changes = readChanges(parseShownPlan(shown));
            return changes.length === 0 ? 'nothing differs' : `${changes.length} differ`;
          },
        },
      ],
      context.emit,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return changes;
}

/** "update aws_lb.staging (idle_timeout), changed outside of Terraform". */
export function describeDrift({ action, address, attributes, drift }: PlanChange): string {
  const which = attributes.length > 0 ? ` (${attributes.join(', ')})` : '';
  return `${action} ${address}${which}${drift ? ', changed outside of Terraform' : ''}`;
}
