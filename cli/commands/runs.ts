import { Option, type Command } from 'commander';
import { writeFile } from 'node:fs/promises';
import { renderReport } from '@lornu/evaluation/report.ts';
import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import { CliError, EXIT, type ExitCode } from '@lornu/ops/base/cli-error.ts';
import {
  allowTurns,
  listRuns,
  readMaintenance,
  readShadow,
  refuseTurns,
  stopRuns,
  type OperatorTarget,
  type RunChoice,
} from '@lornu/ops/runs/operator-client.ts';
import {
  renderMaintenance,
  renderRuns,
  renderShadow,
  sorted,
  SORTS,
  type Sort,
} from '@lornu/ops/runs/render-runs.ts';
import { readGiven } from './options.ts';
import { serverUrl, wholeNumber } from './values.ts';

const HELP = `
Examples:
  ./lornu runs                                        lists the runs on this machine, the oldest first
  ./lornu runs list --sort tokens                     lists the most expensive runs first
  ./lornu runs stop 0f3c9f0e-6f43-4d5c-9d1b-2f3b8e7f6a10   stops one run, in any process
  ./lornu runs stop --user ann                        stops all runs of one user; --app for an agent, --all for all
  ./lornu runs stop --all --sentence "We move the store."   shows this sentence below the stopped answers
  ./lornu runs refuse --sentence "Back at noon." --retry-after 3600   begins maintenance
  ./lornu runs allow                                  ends maintenance
  ./lornu runs shadow                                 shows what a shadow candidate does differently
  ./lornu runs list --url https://aws-staging.lornu.ai --token-file token

A stopped run ends as cancelled. The text shown so far stays in the conversation, and the next message continues from
there. Queued messages are withdrawn. During maintenance, running and queued turns continue, and everything can be read.
Callers of a new turn get the sentence, status 503 and Retry-After. Every process follows within two seconds.

Staging requires the token of an operator (operator_emails in terraform/aws/staging), for example
  gcloud auth print-identity-token --audiences=URL --include-email --impersonate-service-account=EMAIL > token
You can also set LORNU_OPERATOR_TOKEN. The token is never an argument, because the process list shows arguments. The
service logs each use with the operator's name.

For instructions, see docs/operations.md, "Stop turns, refuse new ones".
Exit codes: 0 done, 1 refused, or a run had not ended after 10 seconds, 2 usage, 3 the address does not answer.
`;

interface Flags {
  url: string;
  tokenFile?: string;
  ca?: string;
  app?: string;
  user?: string;
  json?: boolean;
}

export function define(command: Command, context: CliContext, finish: (code: ExitCode) => void): void {
  command.addHelpText('after', HELP);
  const print = (flags: Flags, value: unknown, text: string): void =>
    context.stdout(flags.json ? `${JSON.stringify(value, null, 2)}\n` : text);

  part('list', 'show every run that has not ended, of all sessions and processes', { isDefault: true })
    .option('--app <name>', 'runs of this agent')
    .option('--user <id>', 'runs of this user')
    .addOption(
      new Option('--sort <by>', 'sort key; the largest value comes first').choices(SORTS).default('age'),
    )
    .action(async (flags: Flags & { sort: Sort }) => {
      const target = await targetOf(flags, context);
      const [runs, maintenance] = await Promise.all([
        listRuns(target, choiceOf(flags)),
        readMaintenance(target),
      ]);
      const inOrder = sorted(runs, flags.sort);
      print(flags, { runs: inOrder, maintenance }, renderRuns(inOrder, maintenance));
    });

  part('stop', 'stop one run, those of an agent or a user, or all')
    .argument('[run]', 'the id of one run')
    .option('--app <name>', 'runs of this agent')
    .option('--user <id>', 'runs of this user')
    .option('--all', 'all runs')
    .option(
      '--sentence <text>',
      'sentence for the people whose turn is stopped, one line of at most 500 characters',
    )
    .action(async (runId: string | undefined, flags: Flags & { all?: boolean; sentence?: string }) => {
      const choice = choiceOf(flags);
      const isFilter = Object.keys(choice).length > 0;
      if ([runId !== undefined, flags.all === true, isFilter].filter(Boolean).length !== 1)
        throw new CliError({
          what: 'Nothing was stopped.',
          why: 'The command needs the id of one run, --app or --user (or both), or --all.',
          next: 'Choose a run: ./lornu runs list',
          exitCode: EXIT.usage,
        });
      const target = await targetOf(flags, context);
      const meant = runId === undefined ? (flags.all ? { all: true as const } : choice) : { runId };
      const { stopped, left } = await stopRuns(target, meant, flags.sentence);
      const ended = stopped.length - left.length;
      const text = stopped.length === 0 ? 'Nothing to stop: it has ended.\n' : `Stopped: ${ended}.\n`;
      const still = left.length > 0 ? `Still running after 10 seconds:\n  ${left.join('\n  ')}\n` : '';
      print(flags, { stopped, left }, text + still);
      finish(left.length > 0 ? EXIT.failed : EXIT.ok);
    });

  part('refuse', 'begin maintenance: refuse new turns with a sentence')
    .option('--sentence <text>', 'sentence for callers and people, one line of at most 500 characters')
    .option('--retry-after <seconds>', 'when callers may try again', wholeNumber(1, 86_400, 'of seconds'))
    .action(async (flags: Flags & { sentence?: string; retryAfter?: number }) => {
      const { sentence, retryAfter } = flags;
      const maintenance = await refuseTurns(await targetOf(flags, context), {
        ...(sentence === undefined ? {} : { sentence }),
        ...(retryAfter === undefined ? {} : { retryAfterSeconds: retryAfter }),
      });
      print(flags, maintenance, `${renderMaintenance(maintenance)}Lift it with: ./lornu runs allow\n`);
    });

  part('shadow', 'show what a shadow candidate does differently with real messages')
    .option('--report <file>', 'file of the latest differences, side by side', 'shadow.html')
    .action(async (flags: Flags & { report: string }) => {
      const shown = await readShadow(await targetOf(flags, context));
      const compared = shown.changed.map(({ at, before, now, ...one }) => ({
        ...one,
        name: new Date(at).toISOString(),
        verdict: 'changed',
        before: [before],
        now: [now],
      }));
      const page = renderReport(compared, 'A shadow candidate');
      if (compared.length > 0) await writeFile(flags.report, page, { mode: 0o600 });
      const where = compared.length > 0 ? `Side by side: ${flags.report}\n` : '';
      print(flags, shown, renderShadow(shown) + where);
    });

  part('allow', 'end maintenance: take new turns again').action(async (flags: Flags) => {
    const maintenance = await allowTurns(await targetOf(flags, context));
    print(flags, maintenance, renderMaintenance(maintenance));
  });

  function part(name: string, description: string, options: { isDefault?: boolean } = {}): Command {
    return command
      .command(name, options)
      .description(description)
      .option('--url <url>', 'the address of the service', serverUrl, 'http://127.0.0.1:8080')
      .option('--token-file <file>', "an operator's token; a service on this machine needs none")
      .addOption(
        new Option('--ca <file>', 'PEM of the certificate authority, if the system does not know it').env(
          'LORNU_CA_FILE',
        ),
      )
      .option('--json', 'print the result as JSON')
      .addHelpText('after', name === 'list' ? HELP : '\nExamples: ./lornu runs --help\n');
  }
}

const choiceOf = ({ app, user }: Flags): RunChoice => ({
  ...(app === undefined ? {} : { appName: app }),
  ...(user === undefined ? {} : { userId: user }),
});

async function targetOf({ url, tokenFile, ca }: Flags, context: CliContext): Promise<OperatorTarget> {
  const token =
    tokenFile === undefined
      ? context.env['LORNU_OPERATOR_TOKEN']
      : await readGiven(tokenFile, '--token-file');
  if (token && !/^[\x21-\x7e]+$/.test(token.trim()))
    throw new CliError({
      what: 'The token cannot be sent.',
      why: `${tokenFile ?? 'LORNU_OPERATOR_TOKEN'} does not contain exactly one token on one line.`,
      next: 'Get one as ./lornu runs --help shows.',
      exitCode: EXIT.usage,
    });
  return {
    url,
    token: token ? token.trim() : undefined,
    ...(ca === undefined ? {} : { authority: await readGiven(ca, '--ca') }),
    fetch,
    signal: context.signal,
  };
}
