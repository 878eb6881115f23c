import { Option, type Command } from 'commander';
import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import { CliError, EXIT, type ExitCode } from '@lornu/ops/base/cli-error.ts';
import { assertPassed } from '@lornu/ops/eval/gate.ts';
import { describeCost } from '@lornu/ops/delivery/cost/plan-cost.ts';
import { fileOf } from '@lornu/ops/delivery/delivery-context.ts';
import { openGithub } from '@lornu/ops/delivery/github/client.ts';
import { writeComment } from '@lornu/ops/delivery/github/comment.ts';
import { writeJobSummary, writeOutputs } from '@lornu/ops/delivery/github/job.ts';
import { GATE_VERDICT, type GateVerdict } from '@lornu/ops/delivery/manifest.ts';
import { makePlan } from '@lornu/ops/delivery/plan/make-plan.ts';
import { describeCounts } from '@lornu/ops/delivery/plan/read-plan.ts';
import { scanPlan } from '@lornu/ops/delivery/scan/scan-plan.ts';
import { sealPlan } from '@lornu/ops/delivery/summary/seal.ts';
import { dirOption, varFileOption, inDelivery } from './options.ts';
import { commitDigits } from './values.ts';

const HELP = `
Examples:
  ./lornu plan                               what this checkout would change, with the image that runs
  ./lornu plan --for deploy                  a plan that can be applied, with this commit's image
  ./lornu plan scan && ./lornu plan summary  scan it, then show what would be approved

The plan file and its records are in .lornu/delivery/. Values of the stack's variables come from
LORNU_TERRAFORM_VARIABLES (JSON) and --var-file; state and lock from Terraform Cloud (terraform login); AWS as for any
AWS tool. A plan for review takes no lock and can't be applied. A plan that would hold a secret is not kept.
Exit codes: 0 planned, 1 refused, failed or (scan) something found, 2 usage, 3 something is missing on this machine.
`;

interface PlanFlags {
  for: 'review' | 'deploy';
  revision?: string;
  imageDigest?: string;
  gate?: string;
  varFile: string[];
  dir: string;
  json?: boolean;
}

export function define(command: Command, context: CliContext, finish: (code: ExitCode) => void): void {
  command
    .addOption(
      new Option('--for <purpose>', 'review: to read; deploy: to apply')
        .choices(['review', 'deploy'])
        .default('review'),
    )
    .option(
      '--revision <commit>',
      "the image's revision; default: the first 12 digits of this commit",
      commitDigits,
    )
    .option('--image-digest <sha256>', 'digest that the repository must have under that revision')
    .option('--gate <json>', 'the verdict of lornu image publish about the image')
    .addOption(varFileOption())
    .addOption(dirOption())
    .option('--json', 'print the result as JSON')
    .addHelpText('after', HELP)
    .action(async (flags: PlanFlags) => {
      const { revision, imageDigest } = flags;
      const options = {
        purpose: flags.for,
        revision: revision || undefined,
        imageDigest: imageDigest || undefined,
        gate: flags.gate ? readVerdict(flags.gate) : undefined,
      };
      const record = await inDelivery(flags.dir, context, (delivery) =>
        makePlan({ ...options, varFiles: flags.varFile }, delivery),
      );
      if (flags.json) context.stdout(`${JSON.stringify(record, null, 2)}\n`);
      else context.stdout(`${describeCounts(record.changes)}\nNext: ./lornu plan scan\n`);
    });

  command
    .command('scan')
    .description('scan the plan with trivy and checkov, its files with tfsec; exit code 1 on a finding')
    .addOption(dirOption())
    .option('--json', 'print the result as JSON')
    .action(async ({ dir, json }: { dir: string; json?: boolean }) => {
      const scan = await inDelivery(dir, context, scanPlan);
      if (json) return context.stdout(`${JSON.stringify(scan, null, 2)}\n`);
      const rows = scan.scanners.map(({ tool, checked }) => `${tool}: nothing found, ${checked} checked`);
      context.stdout(`${[...rows, ...scan.absent.map((tool) => `${tool}: not installed`)].join('\n')}\n`);
    });

  command
    .command('summary')
    .description('combine plan, scan and cost, and print what will be approved')
    .addOption(dirOption())
    .option('--json', 'print the result as JSON')
    .action(async ({ dir, json }: { dir: string; json?: boolean }) => {
      const { approval, summary, manifest } = await inDelivery(dir, context, sealPlan);
      await writeJobSummary(context.env, summary);
      await writeOutputs(context.env, { approval });
      if (json) context.stdout(`${JSON.stringify({ approval, manifest }, null, 2)}\n`);
      else
        context.stdout(
          `${summary}\nCost: ${describeCost(manifest.cost)}\nNext: ./lornu apply --approved ${approval}\n`,
        );
    });

  command
    .command('comment')
    .description('write the summary as one comment on the pull request, replacing an earlier one')
    .addOption(new Option('--pull-request <number>', 'number of the pull request').env('PULL_REQUEST'))
    .addOption(dirOption())
    .option('--json', 'print the result as JSON')
    .action(async ({ dir, pullRequest, json }: { dir: string; pullRequest?: string; json?: boolean }) => {
      const number = Number(pullRequest);
      if (!Number.isInteger(number) || number < 1) {
        throw new CliError({
          what: 'The comment was not written.',
          why: `"${pullRequest ?? ''}" is no pull request.`,
          next: 'Give --pull-request NUMBER.',
          exitCode: EXIT.usage,
        });
      }
      const address = await inDelivery(dir, context, async (delivery) => {
        const summary = Bun.file(fileOf(delivery, 'summary'));
        if (!(await summary.exists())) {
          throw new CliError({
            what: 'The comment was not written.',
            why: 'There is no summary.',
            next: './lornu plan summary',
          });
        }
        const github = openGithub(delivery.env, 'The comment was not written.');
        return writeComment(github, number, await summary.text());
      });
      context.stdout(json ? `${JSON.stringify({ address })}\n` : `${address}\n`);
      finish(EXIT.ok);
    });
}

/** Throws a CliError for what is no verdict, and for one that did not pass. */
function readVerdict(text: string): GateVerdict {
  const what = 'Nothing was planned.';
  const parsed = GATE_VERDICT.safeParse(parseJson(text));
  if (!parsed.success) {
    throw new CliError({
      what,
      why: '--gate is not what lornu image publish writes.',
      next: 'Give its output "gate", or leave it out.',
      exitCode: EXIT.usage,
    });
  }
  assertPassed(parsed.data, what);
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
