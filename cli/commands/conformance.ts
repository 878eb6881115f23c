import { Option, type Command } from 'commander';
import { join } from 'node:path';
import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import { CliError, EXIT, type ExitCode } from '@lornu/ops/base/cli-error.ts';
import { createReporter } from '@lornu/ops/steps/reporter.ts';
import { chooseChecks, compare, record, removeLeft } from '@lornu/rehearsal/conformance/conform.ts';
import { renderList, renderResults } from '@lornu/rehearsal/conformance/render.ts';
import type { Result } from '@lornu/rehearsal/conformance/run-checks.ts';
import { DATA_DIR_OPTION } from './options.ts';
import { cidr } from './values.ts';

const HELP = `
Examples:
  ./lornu conformance                       compares the rehearsal's load balancer and ECS with what AWS did
  ./lornu conformance tokens health.one     only checks whose id contains one of these words
  ./lornu conformance --list                every check, with the sentence of AWS it is based on; starts nothing
  ./lornu conformance --target aws --yes    makes the checks on AWS and records what they see

Each check tests one behavior of a load balancer or of ECS, and quotes the AWS documentation for it. With --target aws,
the command records what AWS does (in rehearsal/conformance/recordings, without account, region and names). On the
rehearsal, it compares the result with that recording. Without a recording, it compares the result with the quoted
sentence; the verdict is then "by the document". The verdict "otherwise" means a known difference of the rehearsal;
docs/rehearsal.md lists them.

--target aws uses the credentials and the region of the AWS SDK (AWS_PROFILE, AWS_REGION, ...). It creates a network, an
Application Load Balancer, five ECS clusters with up to 14 small Fargate tasks, two roles, secrets, a certificate, and a
bucket with one public object (the public key of the test's tokens). All names begin with lc-. It removes everything at
the end. A run takes about an hour and costs less than one US dollar. If a run was killed, --clean-up removes the
resources that it left.

Exit codes: 0 nothing differs, 1 a check differs or failed, 2 usage, 3 this machine lacks something.
`;

/** Variables with AWS credentials. */
const CREDENTIALS = /^AWS_(ACCESS_KEY_ID|PROFILE|WEB_IDENTITY_TOKEN_FILE|CONTAINER_CREDENTIALS_)/;

interface Flags {
  target: 'rehearsal' | 'aws';
  list?: boolean;
  yes?: boolean;
  cleanUp?: boolean;
  from: string;
  dataDir: string;
  recordings?: string;
  json?: boolean;
}

export function define(command: Command, context: CliContext, finish: (code: ExitCode) => void): void {
  command
    .argument('[words...]', 'only checks whose id contains one of these words')
    .addOption(
      new Option('--target <target>', 'where to run the checks')
        .choices(['rehearsal', 'aws'])
        .default('rehearsal'),
    )
    .option('--list', 'list the checks and their sources, and run none')
    .option('--yes', 'aws: confirm that the probe stack may be created; it costs money')
    .option('--clean-up', 'aws: only remove the resources that a killed run left')
    .option('--from <cidr>', 'aws: addresses that may reach the load balancer', cidr, '0.0.0.0/0')
    .option('--recordings <folder>', 'folder of the recordings, in place of rehearsal/conformance/recordings')
    .option(...DATA_DIR_OPTION)
    .option('--json', 'print the result as JSON')
    .addHelpText('after', HELP)
    .action(async (words: string[], flags: Flags) => {
      const checks = chooseChecks(words);
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
          context.stdout(
            removed
              ? 'All resources of the earlier run are removed.\n'
              : 'No earlier run left any resources.\n',
          );
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

/** Returns the region. Throws without credentials, or without --yes. */
function requireAws({ yes, cleanUp }: Flags, env: CliContext['env']): string {
  const region = env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'];
  if (!Object.keys(env).some((name) => CREDENTIALS.test(name)) || !region) {
    throw new CliError({
      what: 'There are no AWS credentials, or no region.',
      why: 'The checks run in your own AWS account, and no variable of the AWS SDK names one.',
      next: 'Set AWS_PROFILE (or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY) and AWS_REGION, then run the same command again.',
      exitCode: EXIT.machine,
    });
  }
  if (!yes && !cleanUp) {
    throw new CliError({
      what: 'This command creates resources in your AWS account that cost money.',
      why: `A load balancer and up to 14 small tasks run in ${region} for about an hour. They cost less than one US dollar. The command removes them at the end.`,
      next: 'Run the same command with --yes.',
      exitCode: EXIT.usage,
    });
  }
  return region;
}
