import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { wholeNumber } from './values.ts';
import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import { EXIT, type ExitCode } from '@lornu/ops/base/cli-error.ts';
import { runCommand } from '@lornu/ops/process/run-command.ts';
import { ensureTools } from '@lornu/ops/setup/ensure-tools.ts';
import { createReporter } from '@lornu/ops/steps/reporter.ts';

const HELP = `
Examples:
  ./lornu bench                          about fourteen minutes on two cores
  ./lornu bench --quick                  about two minutes: one round, 500 streams, without FastAPI/ADK
  ./lornu bench --json                   the report for a program
  ./lornu bench --save                   also writes the figures into docs/performance.md and docs/scale.md
  ./lornu bench --tracing sqlite         what it costs to record every turn's trace (docs/metrics.md), about two minutes
  ./lornu bench --tracing firestore --share 0.1   the same for a tenth of all requests, as staging records them
  ./lornu bench --scale                  what 10, 1,000 and 100,000 streams need (docs/scale.md); measures nothing

Measures the bundle of the image on Firestore and on SQLite, with sign-in required, beside google-adk's FastAPI server and
a bare pass-through, on one Gemini stand-in. Firestore is Google's emulator if gcloud has it, otherwise the stand-in. The
emulator locks documents and needs more CPU than the service; the stand-in has staging's optimistic transactions. Each server
gets one core, then half a core: by a cgroup's CPU quota as root, otherwise by taskset (one core only). The report says which.

How to read the report: each cell is the median of the rounds, with the least and the most of them. If least and most are
far apart, the machine had other work: run it again. "Closed loop" clients wait for an answer before they ask again, so a
slow server gets less load. "Open loop" asks at a constant rate and counts each latency from when the turn should have
begun. Compare the ratios in the last table with another run's, not the times. A missed target does not change the exit
code 0.
`;

const LONGEST_MS = 30 * 60_000;
/** Prefix with which bench/main.ts marks the line of a new measurement. */
const STEP = '- ';

interface Flags {
  rounds?: number;
  seconds?: number;
  streams?: number;
  quick?: boolean;
  standIn?: boolean;
  json?: boolean;
  save?: boolean;
  scale?: boolean;
  tracing?: string;
  share?: number;
}

export function define(command: Command, context: CliContext, finish: (code: ExitCode) => void): void {
  command
    .option('--rounds <n>', 'interleaved rounds (default: 5)', wholeNumber(1, 99_999))
    .option(
      '--seconds <n>',
      'seconds of load on each server in each round (default: 2)',
      wholeNumber(1, 99_999),
    )
    .option('--streams <n>', 'streams at the same time (default: 8,000)', wholeNumber(1, 99_999))
    .option('--quick', 'a first look')
    .option('--stand-in', "use the stand-in of Firestore even where Google's emulator is installed")
    .option('--json', 'print the report as JSON')
    .option(
      '--save',
      'store it as bench/last-run.json, and write it into docs/performance.md and docs/scale.md',
    )
    .addOption(
      new Option('--tracing <store>', 'measure only what traces cost').choices(['sqlite', 'firestore']),
    )
    .addOption(
      new Option(
        '--share <share>',
        'with --tracing: the share of requests that are recorded (default: 1)',
      ).argParser(shareOfRequests),
    )
    .option('--scale', 'print what many streams need, from a model and a simulation')
    .addHelpText('after', HELP)
    .action(async (flags: Flags) => {
      if (flags.share !== undefined && !flags.tracing) command.error('--share belongs to --tracing.');
      const reporter = createReporter(context);
      try {
        const needed = flags.quick || flags.scale || flags.tracing ? [] : (['python', 'uv'] as const);
        const folders = await ensureTools([...needed], context, reporter.emit);
        const PATH = [...folders, context.env['PATH'] ?? ''].join(':');
        const { stdout } = await runCommand(commandOf(flags, context.root), {
          cwd: context.root,
          env: { ...context.env, PATH },
          timeoutMs: LONGEST_MS,
          signal: context.signal,
          onLine: (line) => line.startsWith(STEP) && reporter.emit({ kind: 'note', text: line }),
          what: 'The benchmark could not be completed.',
        });
        context.stdout(stdout);
      } finally {
        reporter.close();
      }
      finish(EXIT.ok);
    });
}

function shareOfRequests(text: string): number {
  const share = Number(text);
  if (share > 0 && share <= 1) return share;
  throw new InvalidArgumentError('It takes a number above 0, at most 1.');
}

/** Runs in a separate process, because a measurement must not share one with the CLI. */
function commandOf(
  { rounds, seconds, streams, quick, standIn, json, save, scale, tracing, share }: Flags,
  root: string,
): string[] {
  if (scale) return [process.execPath, join(root, 'bench/scale/main.ts')];
  const numbers = {
    rounds: rounds ?? (quick ? 1 : 5),
    seconds: seconds ?? 2,
    streams: streams ?? (quick ? 500 : 8_000),
  };
  const flags = Object.entries(numbers).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  return [
    process.execPath,
    join(root, 'bench/main.ts'),
    ...flags,
    ...(quick ? ['--quick'] : []),
    ...(standIn ? ['--stand-in'] : []),
    ...(json ? ['--json'] : []),
    ...(save ? ['--save'] : []),
    ...(tracing ? ['--tracing', tracing] : []),
    ...(share === undefined ? [] : ['--share', `${share}`]),
  ];
}
