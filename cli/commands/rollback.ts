import type { Command } from 'commander';
import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import { CliError, EXIT, type ExitCode } from '@lornu/ops/base/cli-error.ts';
import { applyPlan } from '@lornu/ops/delivery/apply/apply-plan.ts';
import type { DeliveryContext } from '@lornu/ops/delivery/delivery-context.ts';
import { waitUntilServed } from '@lornu/ops/delivery/deploy/wait-until-served.ts';
import { openRepository, targetOf } from '@lornu/ops/delivery/image/repository.ts';
import { readVariables } from '@lornu/ops/delivery/plan/variables.ts';
import { planAutomatic, planRollback, readBefore } from '@lornu/ops/delivery/rollback/roll-back.ts';
import { dirOption, varFileOption, inDelivery } from './options.ts';
import { commitDigits } from './values.ts';
import { toWaitOptions, withWaitOptions, type WaitFlags } from './deploy.ts';

const HELP = `
Examples:
  ./lornu rollback --list                  the revisions that can be gone back to
  ./lornu rollback 0123456789ab            plan and scan it, print what it would change
  ./lornu rollback 0123456789ab -y         and do it, and wait until it is served
  ./lornu rollback --automatic             what the workflow does after a failed deploy; always exit code 1

A rollback is a deploy with an earlier image: the same plan, scan, apply and wait. Only the image goes back, the files
are those of the checkout. The image must be signed by the workflow on main, as for any apply.
Exit codes: 0 shown, or with -y served, 1 refused or failed, 2 usage, 3 something is missing on this machine, 130 interrupted (Ctrl-C);
--automatic never ends with 0.
`;

interface Flags extends WaitFlags {
  list?: boolean;
  automatic?: boolean;
  yes?: boolean;
  varFile: string[];
  dir: string;
  json?: boolean;
}

export function define(command: Command, context: CliContext, finish: (code: ExitCode) => void): void {
  withWaitOptions(command)
    .argument('[revision]', 'what to go back to', commitDigits)
    .option('--list', 'list the revisions that have an image')
    .option(
      '--automatic',
      'return to the revision before the last apply from here, if only the image changes',
    )
    .option('-y, --yes', 'apply it')
    .addOption(varFileOption())
    .addOption(dirOption())
    .option('--json', 'print the result as JSON')
    .addHelpText('after', HELP)
    .action(async (revision: string | undefined, flags: Flags) => {
      if ([revision !== undefined, flags.list, flags.automatic].filter(Boolean).length !== 1) {
        throw new CliError({
          what: 'Nothing was rolled back.',
          why: 'Give exactly one of: a revision, --list, --automatic.',
          next: './lornu rollback --list',
          exitCode: EXIT.usage,
        });
      }
      if (flags.list) return list(flags, context);
      if (flags.automatic) {
        await inDelivery(flags.dir, context, (delivery) => rollBackAutomatically(flags, delivery));
        return undefined;
      }
      finish(await rollBackTo(revision ?? '', flags, context));
      return undefined;
    });
}

async function list({ json }: Flags, context: CliContext): Promise<void> {
  const images = await openRepository().list(targetOf(readVariables(context.env)));
  if (json) return context.stdout(`${JSON.stringify(images, null, 2)}\n`);
  const rows = images.map(
    ({ revision, digest, pushedAt }) => `${revision}  ${pushedAt.slice(0, 16)}  ${digest}`,
  );
  context.stdout(`${rows.join('\n') || 'No image is there.'}\n`);
}

async function rollBackTo(revision: string, flags: Flags, context: CliContext): Promise<ExitCode> {
  const sealed = await inDelivery(flags.dir, context, (delivery) =>
    planRollback(revision, flags.varFile, delivery),
  );
  if (!flags.yes) {
    if (flags.json)
      context.stdout(
        `${JSON.stringify({ approval: sealed.approval, manifest: sealed.manifest }, null, 2)}\n`,
      );
    else
      context.stdout(
        `${sealed.summary}\nNothing was changed. To do it: ./lornu apply --approved ${sealed.approval}, then ./lornu deploy\n`,
      );
    return EXIT.ok;
  }
  const served = await inDelivery(flags.dir, context, async (delivery) => {
    await applyPlan(sealed.approval, 'approved', delivery);
    return waitUntilServed(toWaitOptions(flags, revision), delivery);
  });
  if (flags.json) context.stdout(`${JSON.stringify(served, null, 2)}\n`);
  else context.stdout(`${served.revision} is served at ${served.url} (${served.seconds} s).\n`);
  return EXIT.ok;
}

/** Always exits with a failure: the new revision is not served, and the run must show that. */
async function rollBackAutomatically(flags: Flags, delivery: DeliveryContext): Promise<never> {
  const { before, failed } = await readBefore(delivery);
  const sealed = await planAutomatic(before, delivery);
  await applyPlan(sealed.approval, 'image-only', delivery);
  await waitUntilServed(toWaitOptions(flags, before.revision), delivery);
  throw new CliError({
    what: `${failed} was rolled back: ${before.revision} is served again.`,
    why: 'The deploy or its verification failed; the steps before this one say why.',
    next: `Fix ${failed}, merge, deploy again.`,
  });
}
