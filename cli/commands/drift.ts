import type { Command } from 'commander';
import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import { EXIT, type ExitCode } from '@lornu/ops/base/cli-error.ts';
import { describeDrift, findDrift } from '@lornu/ops/delivery/drift/find-drift.ts';
import { openGithub } from '@lornu/ops/delivery/github/client.ts';
import { keepDriftIssue } from '@lornu/ops/delivery/github/drift-issue.ts';
import { dirOption, varFileOption, inDelivery } from './options.ts';

const HELP = `
Examples:
  ./lornu drift                   what AWS and terraform/aws/staging say differently
  ./lornu drift --issue           and keep one issue about it (the workflow does this every working day)

Exit codes: 0 nothing differs or nothing was deployed yet, 1 something does or it could not be found out, 2 usage, 3 something is missing on this machine.
`;

export function define(command: Command, context: CliContext, finish: (code: ExitCode) => void): void {
  command
    .option('--issue', 'open, update or close the one issue labelled "drift"')
    .addOption(varFileOption())
    .addOption(dirOption())
    .option('--json', 'print the result as JSON')
    .addHelpText('after', HELP)
    .action(async (flags: { issue?: boolean; varFile: string[]; dir: string; json?: boolean }) => {
      const what = 'The issue was not kept.';
      const github = flags.issue ? openGithub(context.env, what) : undefined;
      const changes = await inDelivery(flags.dir, context, (delivery) => findDrift(flags.varFile, delivery));
      const address = github && changes && (await keepDriftIssue(github, changes.map(describeDrift)));
      if (flags.json)
        context.stdout(`${JSON.stringify({ changes: changes ?? null, issue: address ?? null }, null, 2)}\n`);
      else context.stdout(`${[...describe(changes), ...(address ? [address] : [])].join('\n')}\n`);
      finish(changes && changes.length > 0 ? EXIT.failed : EXIT.ok);
    });
}

function describe(changes: Awaited<ReturnType<typeof findDrift>>): string[] {
  if (!changes) return ['Nothing has been deployed yet: there is nothing to compare with.'];
  return changes.length === 0 ? ['Nothing differs.'] : changes.map(describeDrift);
}
