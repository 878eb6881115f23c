import type { Command } from 'commander';
import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import { applyPlan } from '@lornu/ops/delivery/apply/apply-plan.ts';
import { writeOutputs } from '@lornu/ops/delivery/github/job.ts';
import { dirOption, inDelivery } from './options.ts';

const HELP = `
Example:
  ./lornu apply --approved sha256:...      the digest that ./lornu plan summary printed

Applies the plan file in .lornu/delivery/, but only if manifest, plan file, scan, commit and state are
unchanged since the digest was computed. The image must be signed by the workflow on main (cosign has to be on PATH). In the workflow
GitHub is asked too who approved the run. Otherwise nothing is changed, and a sentence says why. A failure in the middle lists what is applied and what is not.
Exit codes: 0 applied, 1 refused or failed, 2 usage, 3 something is missing on this machine, 130 interrupted (Ctrl-C).
`;

export function define(command: Command, context: CliContext): void {
  command
    .requiredOption('--approved <digest>', 'the approved digest, from the summary of the plan')
    .addOption(dirOption())
    .option('--json', 'print the result as JSON')
    .addHelpText('after', HELP)
    .action(async ({ approved, dir, json }: { approved: string; dir: string; json?: boolean }) => {
      const applied = await inDelivery(dir, context, (delivery) => applyPlan(approved, 'approved', delivery));
      await writeOutputs(context.env, { revision: applied.image.revision });
      if (json) context.stdout(`${JSON.stringify(applied, null, 2)}\n`);
      else
        context.stdout(
          `Applied ${applied.image.revision}; AWS accepted it, which does not mean that it is served.\nNext: ./lornu deploy\n`,
        );
    });
}
