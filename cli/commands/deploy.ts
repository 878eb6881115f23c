import { InvalidArgumentError, Option, type Command } from 'commander';
import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import { waitUntilServed } from '@lornu/ops/delivery/deploy/wait-until-served.ts';
import { writeOutputs } from '@lornu/ops/delivery/github/job.ts';
import { APPLIED, readRecord } from '@lornu/ops/delivery/manifest.ts';
import { dirOption, inDelivery } from './options.ts';

const HELP = `
Examples:
  ./lornu deploy                           wait for what ./lornu apply has just applied
  ./lornu deploy --revision 0123456789ab   wait for a named revision

Looks at ECS and asks /version through the load balancer until ECS calls the rollout complete and every answer carries
the revision. A deploy that ECS rolled back is exit code 1 with ECS's reason, although the service is steady again.
Exit codes: 0 served, 1 not served, 2 usage, 3 this machine lacks something, 130 interrupted.
`;

export interface WaitFlags {
  timeout: number;
  interval: number;
  connectTo?: string;
  caFile?: string;
}

export function define(command: Command, context: CliContext): void {
  withWaitOptions(command)
    .option('--revision <commit>', 'what must be served; what was applied last from here when left out')
    .addOption(dirOption())
    .option('--json', 'print the result as JSON')
    .addHelpText('after', HELP)
    .action(async (flags: WaitFlags & { revision?: string; dir: string; json?: boolean }) => {
      const result = await inDelivery(flags.dir, context, async (delivery) => {
        const revision =
          flags.revision ??
          (await readRecord(delivery, 'applied', APPLIED, 'Name it: ./lornu deploy --revision REVISION'))
            .image.revision;
        return waitUntilServed(toWaitOptions(flags, revision), delivery);
      });
      await writeOutputs(context.env, { url: result.url, revision: result.revision });
      if (flags.json) context.stdout(`${JSON.stringify(result, null, 2)}\n`);
      else
        context.stdout(
          `${result.revision} is served at ${result.url} (${result.seconds} s).\nNext: ./lornu verify ${result.url}\n`,
        );
    });
}

/** How long and where to look, for every command that waits until something is served. */
export function withWaitOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--timeout <minutes>', 'longest wait; a deploy drains streams for minutes')
        .argParser(positive)
        .default(30),
    )
    .addOption(new Option('--interval <seconds>', 'between two looks').argParser(positive).default(5))
    .addOption(
      new Option(
        '--connect-to <host:port>',
        "connect there in place of the environment's name, as before its DNS is set",
      ).env('LORNU_CONNECT_TO'),
    )
    .addOption(
      new Option('--ca-file <file>', 'further authorities for its certificate (PEM)').env('LORNU_CA_FILE'),
    );
}

export function toWaitOptions(flags: WaitFlags, revision: string) {
  const { connectTo, caFile } = flags;
  return {
    revision,
    connectTo,
    caFile,
    timeoutMs: flags.timeout * 60_000,
    intervalMs: flags.interval * 1000,
  };
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It takes a number above 0.');
  return value;
}
