import { Argument, type Command } from 'commander';
import { askYes, readGiven } from './options.ts';
import { awsAccount, accountName, awsRegion, collect, collectEach, ownerAndName } from './values.ts';
import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import { CliError, EXIT, type ExitCode } from '@lornu/ops/base/cli-error.ts';
import { firstTime, isReady, REQUIREMENTS } from '@lornu/ops/first-time/first-time.ts';
import { openScene } from '@lornu/ops/first-time/open-scene.ts';
import { renderFound } from '@lornu/ops/first-time/render.ts';
import { PROVIDERS, type Provider } from '@lornu/ops/first-time/requirement.ts';
import { createReporter } from '@lornu/ops/steps/reporter.ts';

const HELP = `
Examples:
  ./lornu setup --check                  what of all of it is there, and the next command for what is missing
  ./lornu setup --account 123456789012 --variables staging.json --reviewer ada    goes through it, asks before each change
  ./lornu setup hcp                      the three workspaces at HCP Terraform, with execution mode local
  ./lornu setup github --yes github-account --yes github-variables                 changes these two, asks nothing
  ./lornu setup --check --json           the same for a program

Looks at each prerequisite of the first deployment: HCP Terraform, the AWS account, the repository, DNS, bootstrap,
Google Cloud, what the workflow needs, and the deployment. What it can make with one call (workspaces, the environment
with reviewers, variables, Google's APIs) it makes after a yes: to a question in a terminal, or with --yes and the name of
the step (all: every one). Everything else it leaves to you, with the command. Nothing is remembered: run it again, and
it does what is left. terraform/README.md says what each step is for.

Signed in with what is there already: the AWS SDK's credentials, GH_TOKEN (gh auth token), terraform login, gcloud.
ok is there, NO is missing, -- was not looked at, with the reason.
Exit codes: 0 nothing is left, 1 a prerequisite is missing, 2 usage, 3 something is missing on this machine, 130 interrupted
(Ctrl-C), with what it has done so far on stderr.
`;

interface Flags {
  check?: boolean;
  yes: string[];
  repository?: string;
  account?: string;
  region?: string;
  variables?: string;
  project?: string;
  reviewer: string[];
  json?: boolean;
}

export function define(command: Command, context: CliContext, finish: (code: ExitCode) => void): void {
  command
    .addArgument(
      new Argument('[providers...]', 'only these, and what they need').choices([...PROVIDERS]).default([]),
    )
    .option('--check', 'only report: ask nothing and change nothing')
    .option('--yes <step>', 'make the change of this step without asking; repeatable, or all', collect, [])
    .option(
      '--repository <owner/name>',
      "the repository at GitHub; the checkout's remote origin when left out",
      ownerAndName,
    )
    .option(
      '--account <id>',
      "the AWS account of staging; default: GitHub's variable AWS_ACCOUNT_ID",
      awsAccount,
    )
    .option('--region <region>', "the AWS region of staging; default: staging's variable region", awsRegion)
    .option('--variables <file>', "JSON file with staging's values, for LORNU_TERRAFORM_VARIABLES")
    .option('--project <id>', "the Google Cloud project; default: the one in staging's values")
    .option(
      '--reviewer <login>',
      'who may approve a deployment at GitHub; repeatable',
      collectEach(accountName),
      [],
    )
    .option('--json', 'print what was found as JSON')
    .addHelpText('after', HELP)
    .action(async (providers: Provider[], flags: Flags) => {
      checkSteps(flags.yes);
      const scene = await openScene(context, {
        reviewers: flags.reviewer,
        ...pick('repository', flags.repository),
        ...pick('account', flags.account),
        ...pick('region', flags.region),
        ...pick('project', flags.project),
        ...pick(
          'variables',
          flags.variables === undefined ? undefined : await readGiven(flags.variables, '--variables'),
        ),
      });
      const reporter = createReporter(context);
      try {
        const found = await firstTime({
          scene,
          providers,
          emit: reporter.emit,
          confirm: async (id, { does }) => {
            if (flags.check) return false;
            if (flags.yes.includes('all') || flags.yes.includes(id)) return true;
            return reporter.aside(async () => askYes(`${id}: ${does}?`, context));
          },
        });
        const shown = flags.json
          ? `${JSON.stringify({ ready: isReady(found), steps: found }, null, 2)}\n`
          : renderFound(found);
        context.stdout(context.redact(shown));
        finish(isReady(found) ? EXIT.ok : EXIT.failed);
      } finally {
        reporter.close();
      }
    });
}

const pick = <K extends string>(name: K, value: string | undefined): Partial<Record<K, string>> =>
  value === undefined ? {} : ({ [name]: value } as Record<K, string>);

function checkSteps(given: readonly string[]): void {
  const known = new Set(['all', ...REQUIREMENTS.map(({ id }) => id)]);
  const unknown = given.filter((id) => !known.has(id));
  if (unknown.length === 0) return;
  throw new CliError({
    what: `There is no step ${unknown.join(', ')}.`,
    why: `--yes takes the name of a step, or all: ${[...known].join(', ')}.`,
    next: './lornu setup --check names the steps',
    exitCode: EXIT.usage,
  });
}
