import type { Command } from 'commander';
import { relative, resolve } from 'node:path';
import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import { CliError, EXIT, type ExitCode } from '@lornu/ops/base/cli-error.ts';
import { formatElapsed } from '@lornu/ops/steps/step-events.ts';
import { BREAKS } from '@lornu/rehearsal/breaks/all-breaks.ts';
import type { Break } from '@lornu/rehearsal/breaks/break.ts';
import { runBreaks } from '@lornu/rehearsal/breaks/run-breaks.ts';
import { Recorder } from '@lornu/rehearsal/report/record.ts';
import type { Report } from '@lornu/rehearsal/report/report.ts';
import { toTimeline, type Timeline } from '@lornu/rehearsal/report/timeline.ts';
import { writeReport } from '@lornu/rehearsal/report/render-page.ts';
import type { ServeContext } from '@lornu/rehearsal/serve/serve.ts';
import { LogTail } from '@lornu/rehearsal/whole/rehearse.ts';
import { DATA_DIR_OPTION, inRehearsal, tasksOption } from './options.ts';
import { renderScenarios, whileServed, type PartFlags } from './rehearse-whole.ts';

/** `lornu rehearse break`: injects faults and checks that the environment recovers. */
export function defineBreak(command: Command, context: CliContext, finish: (code: ExitCode) => void): void {
  command
    .command('break')
    .description('serve the applied environment, inject faults, check that it recovers, stop serving')
    .argument('[names...]', 'breaks to play, in this order (default: all)')
    .option('--list', 'list the breaks: what each does, what people see, how recovery is checked')
    .option(
      '--during-deploy',
      'start a deployment of the same image during each break that has running turns',
    )
    .addOption(tasksOption())
    .option('--report <folder>', 'where the report is put', '.lornu/break-report')
    .option(...DATA_DIR_OPTION)
    .option('--json', 'print the result as JSON')
    .addHelpText('after', BREAK_HELP)
    .action(
      async (
        names: string[],
        { list, json, ...flags }: PartFlags & { list?: boolean; duringDeploy?: boolean; report: string },
      ) => {
        const chosen = chooseBreaks(names);
        if (list) {
          const rows = chosen.map(({ id, does, people, recovery }) => ({ name: id, does, people, recovery }));
          context.stdout(json ? `${JSON.stringify(rows, null, 2)}\n` : renderBreaks(rows));
          return;
        }
        const report = await inRehearsal(flags.dataDir, context, async (rehearsal) =>
          play(chosen, flags, { ...rehearsal, redact: context.redact }),
        );
        const path = relative(process.cwd(), await writeReport(report, resolve(context.root, flags.report)));
        const breaks = report.scenarios.map((one) => ({
          ...one,
          timeline: toTimeline(report.events, one.beganMs, one.beganMs + one.elapsedMs),
        }));
        const runs = report.served?.runs ?? '';
        context.stdout(
          json
            ? `${JSON.stringify({ runs, breaks, elapsedMs: report.elapsedMs }, null, 2)}\n`
            : `\nTasks: ${runs}\n${renderScenarios(breaks)}${breaks.map(renderMessages).join('')}${renderTimes(report)}Report: ${path}\n`,
        );
        finish(report.holds ? EXIT.ok : EXIT.failed);
      },
    );
}

/** Plays the breaks in the applied environment, with everything that the report's page shows. */
async function play(
  chosen: readonly Break[],
  { tasks, duringDeploy = false }: PartFlags & { duringDeploy?: boolean },
  given: ServeContext,
): Promise<Report> {
  const record = new Recorder(given.emit);
  const logs = new LogTail(given.redact);
  const beganMs = Date.now();
  const { result } = await record.phase('break', async () =>
    whileServed({ ...given, emit: record.emit }, given, { tasks }, async (standing, served, context) => {
      served.onLine((task, line) => logs.add(task.id, line));
      const scenarios = await runBreaks({ standing, served, context, duringDeploy }, chosen);
      const { publicUrl, runs, addedVariables } = served;
      return {
        served: { url: publicUrl, runs, addedVariables },
        scenarios,
        holds: scenarios.every(({ outcome }) => outcome !== 'failed'),
        events: [...served.events()],
      };
    }),
  );
  const { phases } = record;
  return { beganMs, elapsedMs: Date.now() - beganMs, phases, logs: logs.tails(), ...result };
}

/** The time of each break until the next one could begin, the longest first. */
function renderTimes({ scenarios, elapsedMs }: Report): string {
  const rows = scenarios
    .map((one) => ({ id: one.id, busyMs: 'busyMs' in one ? one.busyMs : one.elapsedMs }))
    .toSorted((a, b) => b.busyMs - a.busyMs)
    .map(({ id, busyMs }) => `${id} ${formatElapsed(busyMs)}`);
  return `\nTook ${formatElapsed(elapsedMs)} with serving: ${rows.join(', ')}\n`;
}

const BREAK_HELP = `
Examples:
  ./lornu rehearse apply && ./lornu rehearse break   plays all breaks, one after the other
  ./lornu rehearse break --list                      lists the breaks
  ./lornu rehearse break firestore-away frozen-task  plays these two
  ./lornu rehearse break nat-gone --during-deploy    plays the break in the middle of a deployment
  ./lornu rehearse break killed-task --json          prints the verdict and the timeline of every task as JSON

A break begins as soon as the environment is whole again; the last turns of the break before it still run then.
report.html in the report's folder has the verdict and the timeline of each break.
The command uses the environment of ./lornu rehearse apply, on this machine only. Each break has a verdict with the
expected and the observed result. For staging, see docs/operations.md, "What breaks, and what it looks like".
Exit codes: 0 all breaks recovered, 1 a break did not, 2 usage, 3 something is missing on this machine.
`;

function chooseBreaks(names: readonly string[]): readonly Break[] {
  const unknown = names.find((name) => !BREAKS.some(({ id }) => id === name));
  if (unknown !== undefined)
    throw new CliError({
      what: `There is no break named ${unknown}.`,
      why: `The breaks are: ${BREAKS.map(({ id }) => id).join(', ')}.`,
      next: 'Choose one: ./lornu rehearse break --list',
      exitCode: EXIT.usage,
    });
  return names.length === 0 ? BREAKS : names.map((name) => BREAKS.find(({ id }) => id === name)!);
}

function renderBreaks(
  rows: readonly { name: string; does: string; people: string; recovery: string }[],
): string {
  return rows
    .map(
      ({ name, does, people, recovery }) =>
        `${name}\n  does      ${does}\n  people    ${people}\n  recovery  ${recovery}\n`,
    )
    .join('');
}

/** The events of ECS during a break, with the seconds since its beginning. */
function renderMessages({
  id,
  beganMs,
  timeline,
}: {
  id: string;
  beganMs: number;
  timeline: Timeline;
}): string {
  const lines = timeline.messages.map(
    ({ atMs, text }) => `  ${((atMs - beganMs) / 1000).toFixed(1).padStart(6)} s  ${text}\n`,
  );
  const ends = timeline.rows.flatMap(({ taskId, end }) =>
    end ? [`          task ${taskId.slice(0, 8)}: ${end}\n`] : [],
  );
  return lines.length + ends.length === 0 ? '' : `\n${id}\n${lines.join('')}${ends.join('')}`;
}
