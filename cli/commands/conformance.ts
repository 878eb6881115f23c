import { Option, type Command } from 'commander';
import { join } from 'node:path';
import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import { CliError, EXIT, type ExitCode } from '@lornu/ops/base/cli-error.ts';
import { createReporter } from '@lornu/ops/steps/reporter.ts';
import { chooseChecks, compare, record, removeLeft } from '@lornu/rehearsal/conformance/conform.ts';
import { renderList, renderResults } from '@lornu/rehearsal/conformance/render.ts';
import type { Result } from '@lornu/rehearsal/conformance/run-checks.ts';
import { DATA_DIR_OPTION } from './options.ts';

const HELP = `
Examples:
  ./lornu conformance                       the rehearsal's load balancer and ECS, against what AWS was seen to do
  ./lornu conformance tokens health.one     only checks with one of these words in their name
  ./lornu conformance --list                every check, with AWS's sentence that it rests on; nothing is started
  ./lornu conformance --target aws --yes    makes the checks on AWS and records what they see

Each check says what a load balancer or ECS does, with a sentence of AWS's documentation. On AWS it is recorded (in
rehearsal/conformance/recordings, without account, region and names); on the rehearsal it is compared with the recording,
or, where AWS was never looked at, with the sentence: "by the document". "otherwise" are known differences of the
rehearsal, listed in docs/rehearsal.md.

--target aws uses the credentials and the region of the AWS SDK (AWS_PROFILE, AWS_REGION, ...). It makes a network, an
Application Load Balancer, five ECS clusters with up to 14 small Fargate tasks, two roles, secrets, a certificate, and a
bucket with one public object (the public key of the test's tokens), all named lc-..., and removes them again. It takes
about an hour and costs less than one US dollar. After a kill, --clean-up removes what is left.

Exit codes: 0 nothing differs, 1 a check differs or failed, 2 usage, 3 this machine lacks something.
`;

/** Variables with AWS credentials. */
const CREDENTIALS = /^AWS_(ACCESS_KEY_ID|PROFILE|WEB_IDENTITY_TOKEN_FILE|CONTAINER_CREDENTIALS_)/;

interface Flags {
  target: 'rehearsal' | 'aws';
  list?: boolean;
  long?: boolean;
  yes?: boolean;
  cleanUp?: boolean;
  from: string;
  dataDir: string;
  recordings?: string;
  json?: boolean;
}

export function define(command: Command, context: CliContext, finish: (code: ExitCode) => void): void {
  command
    .argument('[words...]', 'only checks with one of these words in their name')
    .addOption(
      new Option('--target <target>', 'where the checks are made')
        .choices(['rehearsal', 'aws'])
        .default('rehearsal'),
    )
    .option('--list', 'show the checks and their sources, and make none')
    .option('--long', 'with those that wait for minutes')
    .option('--yes', 'aws: make the probe stack, which costs money, without another question')
    .option('--clean-up', 'aws: only remove what a killed run left')
    .option('--from <cidr>', 'aws: addresses that may reach the load balancer', '0.0.0.0/0')
    .option('--recordings <folder>', 'where the recordings are, if not in rehearsal/conformance/recordings')
    .option(...DATA_DIR_OPTION)
    .option('--json', 'print the result as JSON')
    .addHelpText('after', HELP)
    .action(async (words: string[], flags: Flags) => {
      const checks = chooseChecks(words, flags.long ?? false);
      if (flags.list) {
        const list = checks.map((check) => ({ ...check, observe: undefined }));
        context.stdout(flags.json ? `${JSON.stringify(list, null, 2)}\n` : renderList(checks));
        finish(EXIT.ok);
        return;
      }
      const region = flags.target === 'aws' ? requireAws(flags, context.env) : '';
      const reporter = createReporter(context);
      const dataDir = join(context.root, flags.dataDir);
      const { recordings } = flags;
      try {
        if (flags.cleanUp) {
          const removed = await removeLeft(region, { ...context, dataDir }, reporter.emit);
          context.stdout(removed ? 'Nothing of it is left.\n' : 'No earlier run left anything.\n');
          finish(EXIT.ok);
          return;
        }
        let results: Result[];
        if (flags.target === 'aws') {
          const recorded = await record(
            { checks, recordings },
            { region, from: flags.from },
            { ...context, dataDir },
            reporter.emit,
          );
          ({ results } = recorded);
          for (const file of recorded.files) context.stderr(`recorded: ${file}\n`);
        } else {
          const folder = join(dataDir, `conformance-${process.pid}`);
          results = await compare({ checks, recordings }, { ...context, dataDir: folder }, reporter.emit);
        }
        context.stdout(
          flags.json ? `${JSON.stringify(results, null, 2)}\n` : `\n${renderResults(checks, results)}`,
        );
        const bad = results.some(({ verdict }) => verdict === 'differs' || verdict === 'failed');
        finish(bad ? EXIT.failed : EXIT.ok);
      } finally {
        reporter.close();
      }
    });
}

/** The region; refuses without credentials, and without a word that it may cost. */
function requireAws({ yes, cleanUp }: Flags, env: CliContext['env']): string {
  const region = env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'];
  if (!Object.keys(env).some((name) => CREDENTIALS.test(name)) || !region) {
    throw new CliError({
      what: 'There are no AWS credentials, or no region.',
      why: 'The checks on AWS are made in an account of yours, and none of the variables of the AWS SDK names one.',
      next: 'Set AWS_PROFILE (or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY) and AWS_REGION, then run the same command again.',
      exitCode: EXIT.machine,
    });
  }
  if (!yes && !cleanUp) {
    throw new CliError({
      what: 'This makes things in your AWS account that cost money.',
      why: `A load balancer and up to 14 small tasks run for about an hour in ${region}: less than one US dollar. All of it is removed at the end.`,
      next: 'Run the same command with --yes.',
      exitCode: EXIT.usage,
    });
  }
  return region;
}
