import { Option, type Command } from 'commander';
import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import { waitUntilServed } from '@lornu/ops/delivery/deploy/wait-until-served.ts';
import { writeOutputs } from '@lornu/ops/delivery/github/job.ts';
import type { DeliveryContext } from '@lornu/ops/delivery/delivery-context.ts';
import { APPLIED, readRecord, type AppliedPlan } from '@lornu/ops/delivery/manifest.ts';
import { dirOption, inDelivery } from './options.ts';
import type { Address } from '@lornu/ops/verify/target.ts';
import { commitDigits, existingFile, hostAndPort, positive } from './values.ts';

const HELP = `
Examples:
  ./lornu deploy                           wait for what ./lornu apply has just applied
  ./lornu deploy --revision 0123456789ab   wait for a named revision
  ./lornu deploy --force-new-deployment    restart the service's tasks first, as after an empty secret was set

Looks at ECS and asks /version through the load balancer until ECS calls the rollout complete and every answer carries
the revision. A deploy that ECS rolled back is exit code 1 with ECS's reason, although the service is steady again.
Where the service's last deployment failed and the apply changed nothing of it, a new deployment is started: ECS starts
none by itself when there is no earlier version to go back to.
Exit codes: 0 served, 1 not served, 2 usage, 3 something is missing on this machine, 130 interrupted (Ctrl-C).
`;

/**
 * Longest time of a good deploy, in minutes: tasks start (2), streams of the old ones end under protection (20),
 * targets deregister (2), old tasks stop (2), alarms stay quiet (5). The workflow's steps get five minutes more.
 */
export const WAIT_MINUTES = 35;

interface DeployFlags extends WaitFlags {
  revision?: string;
  forceNewDeployment?: boolean;
  dir: string;
  json?: boolean;
}

export interface WaitFlags {
  stalled: number;
  timeout: number;
  interval: number;
  connectTo?: Address;
  caFile?: string;
}

export function define(command: Command, context: CliContext): void {
  withWaitOptions(command)
    .option(
      '--revision <commit>',
      'the revision that must be served; default: the last one applied from here',
      commitDigits,
    )
    .option('--force-new-deployment', 'start a new deployment first, whatever the result of the last one')
    .addOption(dirOption())
    .option('--json', 'print the result as JSON')
    .addHelpText('after', HELP)
    .action(async (flags: DeployFlags) => {
      const result = await inDelivery(flags.dir, context, async (delivery) => {
        const applied = flags.revision === undefined ? await readApplied(delivery) : undefined;
        const revision = flags.revision ?? applied?.image.revision ?? '';
        const failedOnly = applied && !applied.startsDeployment ? 'after a failed one' : 'never';
        const newDeployment = flags.forceNewDeployment ? 'always' : failedOnly;
        return waitUntilServed({ ...toWaitOptions(flags, revision), newDeployment }, delivery);
      });
      await writeOutputs(context.env, { url: result.url, revision: result.revision });
      if (flags.json) context.stdout(`${JSON.stringify(result, null, 2)}\n`);
      else
        context.stdout(
          `${result.revision} is served at ${result.url} (${result.seconds} s).\nNext: ./lornu verify ${result.url}\n`,
        );
    });
}

async function readApplied(delivery: DeliveryContext): Promise<AppliedPlan> {
  return readRecord(delivery, 'applied', APPLIED, 'Name it: ./lornu deploy --revision REVISION');
}

/** Adds the options of commands that wait until something is served: how long, and where. */
export function withWaitOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--stalled <minutes>', 'longest wait without a change at ECS; streams drain for up to 20')
        .argParser(positive)
        .default(25),
    )
    .addOption(
      new Option('--timeout <minutes>', 'longest wait in total').argParser(positive).default(WAIT_MINUTES),
    )
    .addOption(new Option('--interval <seconds>', 'time between two requests').argParser(positive).default(5))
    .addOption(
      new Option(
        '--connect-to <host:port>',
        "connect there instead of to the environment's name, for example before it has DNS",
      )
        .argParser(hostAndPort)
        .env('LORNU_CONNECT_TO'),
    )
    .addOption(
      new Option('--ca-file <file>', 'additional authorities for its certificate (PEM)')
        .argParser(existingFile)
        .env('LORNU_CA_FILE'),
    );
}

export function toWaitOptions(flags: WaitFlags, revision: string) {
  const { connectTo, caFile } = flags;
  return {
    revision,
    connectTo: connectTo && `${connectTo.host}:${connectTo.port}`,
    caFile,
    stalledMs: flags.stalled * 60_000,
    timeoutMs: flags.timeout * 60_000,
    newDeployment: 'never' as const,
    intervalMs: flags.interval * 1000,
  };
}
