import type { ScenarioResult } from '@lornu/rehearsal/scenarios/scenario.ts';
import { summarisePermissions } from '@lornu/rehearsal/iam/least-privilege.ts';
import { Option, type Command } from 'commander';
import { writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import { EXIT, type ExitCode } from '@lornu/ops/base/cli-error.ts';
import { untilAborted } from '@lornu/ops/process/until-aborted.ts';
import { formatElapsed } from '@lornu/ops/steps/step-events.ts';
import { renderVerification, summarise, lineOf } from '@lornu/ops/verify/render-verification.ts';
import { requireStanding, type Standing, type RehearsalContext } from '@lornu/rehearsal/run/standing.ts';
import { toVariableArguments } from '@lornu/rehearsal/run/workspace.ts';
import { runScenarios, SCENARIOS } from '@lornu/rehearsal/scenarios/run-scenarios.ts';
import type { TaskForm } from '@lornu/rehearsal/serve/images.ts';
import { serve, type ServeContext, type ServeOptions } from '@lornu/rehearsal/serve/serve.ts';
import type { ServedRehearsal } from '@lornu/rehearsal/serve/served.ts';
import { PROVIDER_CHOICES, type ProviderChoice } from '@lornu/rehearsal/terraform/choose-provider.ts';
import type { Report } from '@lornu/rehearsal/report/report.ts';
import { rehearse, verifyServed } from '@lornu/rehearsal/whole/rehearse.ts';
import { DATA_DIR_OPTION, inRehearsal, tasksOption } from './options.ts';
import { assignment, collectEach, existingFile, wholeNumber } from './values.ts';

/** Longer than the service's ping interval (15 s). */
const WAIT_S = 17;
const seconds = wholeNumber(1, 9999, 'of seconds');

interface WholeFlags {
  keep?: boolean;
  all?: boolean;
  breaks?: boolean;
  peer?: boolean;
  var: string[];
  varFile: string[];
  provider: ProviderChoice;
  wait: number;
  tasks: TaskForm;
  report: string;
  dataDir: string;
  json?: boolean;
}

/** `lornu rehearse` without a subcommand: runs all of them in order, and writes a report. */
export function defineWhole(command: Command, context: CliContext, finish: (code: ExitCode) => void): void {
  command
    .enablePositionalOptions()
    .option('--keep', 'after all checks, keep the environment running until Ctrl-C')
    .option(
      '--var <name=value>',
      'a value for a variable of terraform/aws/staging; repeatable',
      collectEach(assignment),
      [],
    )
    .option('--var-file <file>', 'a file of such values; repeatable', collectEach(existingFile), [])
    .addOption(
      new Option('--provider <which>', 'source of the AWS provider')
        .choices(PROVIDER_CHOICES)
        .default('auto'),
    )
    .option('--all', 'also play the additional scenarios of `rehearse deploy`')
    .option('--breaks', 'also play the breaks of `rehearse break` (5 min more)')
    .option(
      '--peer',
      "run the FastAPI/ADK agent beside it, as the service's peer on Google Cloud (10 s more)",
    )
    .option('--wait <seconds>', 'how long a silent stream is watched', seconds, WAIT_S)
    .addOption(tasksOption())
    .option('--report <folder>', 'where the report is put', '.lornu/rehearsal-report')
    .option(...DATA_DIR_OPTION)
    .option('--json', 'print the report as JSON')
    .action(async (flags: WholeFlags) => {
      const { report, reportPath, failure } = await inRehearsal(flags.dataDir, context, async (rehearsal) =>
        rehearse(
          {
            apply: { provider: flags.provider, port: 0, variableArguments: toVariableArguments(flags) },
            waitS: flags.wait,
            tasks: flags.tasks,
            peer: flags.peer ?? false,
            all: flags.all ?? false,
            breaks: flags.breaks ?? false,
            reportFolder: resolve(context.root, flags.report),
            ...(flags.keep ? { keep: async (served: ServedRehearsal) => keep(served, context) } : {}),
          },
          { ...rehearsal, redact: context.redact },
        ),
      );
      if (reportPath !== undefined) {
        const path = relative(process.cwd(), reportPath);
        context.stdout(flags.json ? `${JSON.stringify(report, null, 2)}\n` : renderReport(report, path));
      }
      if (failure !== undefined) throw failure;
      finish(report.holds ? EXIT.ok : EXIT.failed);
    });
}

/** Subcommands for an applied environment: it is served while they run. */
export function defineParts(command: Command, context: CliContext, finish: (code: ExitCode) => void): void {
  command
    .command('verify')
    .description('serve the applied environment, run every check of `lornu verify`, stop serving')
    .option('--peer', "run the FastAPI/ADK agent beside it, as the service's peer on Google Cloud")
    .option('--wait <seconds>', 'how long a silent stream is watched', seconds, WAIT_S)
    .addOption(tasksOption())
    .option(...DATA_DIR_OPTION)
    .option('--json', 'print the result as JSON')
    .action(async ({ peer = false, wait, json, ...flags }: PartFlags & { peer?: boolean; wait: number }) => {
      const { runs, result } = await inRehearsal(flags.dataDir, context, async (rehearsal) =>
        whileServed(rehearsal, context, { tasks: flags.tasks, peer }, async (standing, served, serving) =>
          verifyServed(standing, served, wait, serving),
        ),
      );
      context.stdout(
        json
          ? `${JSON.stringify({ ...result, runs }, null, 2)}\n`
          : `\nTasks: ${runs}\n${renderVerification(result)}`,
      );
      finish(result.holds ? EXIT.ok : EXIT.failed);
    });
  command
    .command('deploy')
    .description(
      'serve the applied environment, deploy under load, deploy bad images, kill a task, stop serving',
    )
    .addOption(new Option('--only <scenario>', 'one of them').choices(SCENARIOS.map(({ id }) => id)))
    .addOption(tasksOption())
    .option(...DATA_DIR_OPTION)
    .option('--json', 'print the result as JSON')
    .action(async ({ only, json, ...flags }: PartFlags & { only?: string }) => {
      const { runs, result } = await inRehearsal(flags.dataDir, context, async (rehearsal) =>
        whileServed(rehearsal, context, { tasks: flags.tasks }, async (standing, served, serving) =>
          runScenarios(
            { standing, served, context: serving },
            SCENARIOS.filter(({ id }) => only === undefined || id === only),
          ),
        ),
      );
      context.stdout(
        json
          ? `${JSON.stringify({ runs, scenarios: result }, null, 2)}\n`
          : `\nTasks: ${runs}\n${renderScenarios(result)}`,
      );
      finish(result.some(({ outcome }) => outcome === 'failed') ? EXIT.failed : EXIT.ok);
    });
}

export interface PartFlags {
  tasks: TaskForm;
  dataDir: string;
  json?: boolean;
}

/** The result of the work, and the timeline of the tasks at that time. */
export async function whileServed<T>(
  rehearsal: RehearsalContext,
  context: Pick<CliContext, 'redact'>,
  options: ServeOptions,
  work: (standing: Standing, served: ServedRehearsal, serving: ServeContext) => Promise<T>,
): Promise<{ runs: string; result: T }> {
  const standing = await requireStanding(rehearsal);
  const serving = { ...rehearsal, redact: context.redact };
  const served = await serve(standing, options, serving);
  try {
    return { runs: served.runs, result: await work(standing, served, serving) };
  } finally {
    await served.stop();
  }
}

async function keep(served: ServedRehearsal, context: CliContext): Promise<void> {
  const { url, publicUrl, caFile, ports } = served;
  const { port } = new URL(url);
  const host = new URL(publicUrl).host;
  const tokenFile = join(dirname(caFile), 'token');
  await writeFile(tokenFile, await served.token(), { mode: 0o600 });
  context.stdout(`
${publicUrl} answers at ${url}, a rehearsal on this machine
  curl --cacert ${caFile} --resolve ${host}:${port}:127.0.0.1 https://${host}:${port}/health
  AWS_ENDPOINT_URL=${served.standIns.emulator} AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=rehearsal AWS_SECRET_ACCESS_KEY=rehearsal \\
  ./lornu verify ${publicUrl} --token-file ${tokenFile} --connect 127.0.0.1:${port} --connect-http 127.0.0.1:${ports[80]} --ca ${caFile}
Ctrl-C destroys it and writes the report.
`);
  await Promise.race([untilAborted(context.signal), served.failed]);
}

function renderReport(report: Report, path: string): string {
  const { phases, elapsedMs, served, verification, scenarios } = report;
  const times = phases.map(({ name, elapsedMs: took }) => `${name} ${formatElapsed(took)}`).join(', ');
  const results = [...(verification?.checks ?? []), ...scenarios];
  return `
${served ? `Tasks: ${served.runs}\n` : ''}${verification ? renderVerification(verification) : ''}
${renderScenarios(scenarios)}${results.length > 0 ? `${summarise(results)}\n` : ''}${howItEnded(report)}
Took ${formatElapsed(elapsedMs)}: ${times}
Report: ${path}
`;
}

function howItEnded({ destroyed, failure }: Report): string {
  if (destroyed)
    return `Destroyed ${destroyed.resources} resources; nothing is left, running or on disk.\n${summarisePermissions(destroyed.permissions)}`;
  return `${failure ? 'The run failed' : 'Ended by Ctrl-C'}. Everything it had started was stopped and removed, without a destroy.`;
}

/** One line per scenario, like a verification's line per check. */
export function renderScenarios(results: readonly ScenarioResult[]): string {
  const width = Math.max(...results.map(({ id }) => id.length), 0);
  return results.map((result) => `${lineOf(result, width)}\n`).join('');
}
