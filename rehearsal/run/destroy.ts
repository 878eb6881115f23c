import { CliError } from '@lornu/ops/base/cli-error.ts';
import { runSteps, type Step } from '@lornu/ops/steps/run-steps.ts';
import { runTerraform } from '../terraform/run-terraform.ts';
import { leastPrivilege, type GrantedStatement } from '../iam/least-privilege.ts';
import { STACKS } from '../terraform/stacks.ts';
import { takeBackAccount } from './given-account.ts';
import { findStanding, type RehearsalContext } from './standing.ts';
import { terraformAs } from './terraform-as.ts';
import { createWorkspace, variableArguments } from './workspace.ts';

export interface DestroyResult {
  /** False if there was nothing to destroy. */
  stood: boolean;
  resources: number;
  /** What AWS also shows for some time after a destroy: keys pending deletion, inactive task definitions. */
  keptByAws: string[];
  /** The roles' permissions, and which of them calls have needed since the emulator started. */
  permissions: GrantedStatement[];
}

/**
 * Destroys what was applied, in reverse order, proves that nothing is left, stops the emulator and removes its files.
 * `untouched`: only Terraform has changed anything since it last read the account, so it need not read it again.
 */
export async function destroy(
  context: RehearsalContext,
  { untouched = false }: { untouched?: boolean } = {},
): Promise<DestroyResult> {
  const workspace = createWorkspace(context.folder);
  const standing = await findStanding(context);
  if (!standing) {
    const record = await workspace.read();
    await workspace.remove();
    return { stood: record !== undefined, resources: 0, keptByAws: [], permissions: [] };
  }
  const result: DestroyResult = { stood: true, resources: 0, keptByAws: [], permissions: [] };
  const { granted } = await standing.emulator.sideDoor.access();
  const steps: Step[] = [
    ...STACKS.toReversed().map(({ name, title }): Step => ({
      id: `destroy-${name}`,
      title: `Destroy ${title}`,
      run: async (io) => {
        const { resources } = await runTerraform(
          [
            'destroy',
            '-auto-approve',
            '-parallelism=20',
            ...(untouched ? ['-refresh=false'] : []),
            ...variableArguments(standing.record, name),
          ],
          workspace.stackFolder(name),
          await terraformAs(standing, name, 'apply'),
          io,
          { what: `terraform destroy of ${title} failed.` },
        );
        result.resources += resources.length;
        return `${resources.length} resources`;
      },
    })),
    {
      id: 'nothing-left',
      title: 'Nothing may be left in the account',
      run: async () => {
        const { uses } = await standing.emulator.sideDoor.access();
        result.permissions = leastPrivilege({ granted, uses });
        await takeBackAccount(standing.clients.route53);
        const { left, keptByAws } = await standing.emulator.sideDoor.leftovers();
        result.keptByAws = keptByAws;
        if (left.length === 0) return `nothing; ${keptByAws.length} that AWS itself keeps for a while`;
        throw new CliError({
          what: `${left.length} resources are left in the account after the destroy.`,
          why: 'Terraform does not manage them, or its destroy only removes them from the state.',
          next: 'Find what creates them: ./lornu rehearse apply, then look at the emulator before the destroy.',
          output: left,
        });
      },
    },
  ];
  try {
    await runSteps(steps, context.emit);
    return result;
  } finally {
    // Even after a failed destroy: the account is only in memory and useless.
    await standing.emulator.stop();
    await workspace.remove();
  }
}
