import { join } from 'node:path';
import type { Command } from 'commander';
import { wholeNumber } from './options.ts';
import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import { EXIT, type ExitCode } from '@lornu/ops/base/cli-error.ts';
import { runCommand } from '@lornu/ops/process/run-command.ts';
import { ensureTools } from '@lornu/ops/setup/ensure-tools.ts';
import { createReporter } from '@lornu/ops/steps/reporter.ts';

const HELP = `
Examples:
  ./lornu bench                          about eight minutes
  ./lornu bench --rounds 1 --seconds 2   a first look
  ./lornu bench --json                   the report for a program
  ./lornu bench --scale                  what 10, 1,000 and 100,000 streams need (docs/scale.md); measures nothing

Measures the service on Firestore (a stand-in) and on SQLite, google-adk's FastAPI server, and a bare pass-through. All use
one Gemini stand-in on this machine, in interleaved rounds. The report shows missed targets, but the exit code stays 0.
`;

const LONGEST_MS = 20 * 60_000;
/** Prefix with which bench/main.ts marks the line of a new measurement. */
const STEP = '- ';

interface Flags {
  rounds: number;
  seconds: number;
  streams: number;
  json?: boolean;
  scale?: boolean;
}

export function define(command: Command, context: CliContext, finish: (code: ExitCode) => void): void {
  command
    .option('--rounds <n>', 'interleaved rounds; the report has their medians', wholeNumber(1, 99_999), 3)
    .option('--seconds <n>', 'seconds of load on each server in each round', wholeNumber(1, 99_999), 4)
    .option('--streams <n>', 'streams at the same time', wholeNumber(1, 99_999), 3_000)
    .option('--json', 'print the report as JSON')
    .option('--scale', 'print what many streams need, from a model and a simulation')
    .addHelpText('after', HELP)
    .action(async (flags: Flags) => {
      const reporter = createReporter(context);
      try {
        const folders = await ensureTools(['python', 'uv'], context, reporter.emit);
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

/** Runs in a separate process, because a measurement must not share one with the CLI. */
function commandOf({ rounds, seconds, streams, json, scale }: Flags, root: string): string[] {
  if (scale) return [process.execPath, join(root, 'bench/scale/main.ts')];
  const numbers = ['--rounds', `${rounds}`, '--seconds', `${seconds}`, '--streams', `${streams}`];
  return [process.execPath, join(root, 'bench/main.ts'), ...numbers, ...(json ? ['--json'] : [])];
}
