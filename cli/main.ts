import { resolve } from 'node:path';
import { runCli } from './run-cli.ts';
import type { ExitCode } from '@lornu/ops/base/cli-error.ts';
import { INTERRUPTING_SIGNALS, Interruption, type InterruptingSignal } from '@lornu/ops/base/interruption.ts';
import { endGroups } from '@lornu/ops/process/process-group.ts';
import { createRedactor } from '@lornu/ops/base/redact.ts';

// The entry point: the only place of the CLI that reads the environment, the terminal and signals.

/** On a second SIGINT Terraform gives up within 5 s and unlocks the state. */
const PROGRAMS_END_MS = 6_000;
/** For what the command says about a program that has been ended. */
const LAST_WORDS_MS = 300;

const interrupt = new AbortController();
let isEnding = false;
let interruptedBy: InterruptingSignal | undefined;
for (const signal of INTERRUPTING_SIGNALS) {
  process.on(signal, () => {
    const isFirst = interruptedBy === undefined;
    interruptedBy = signal;
    if (isFirst) interrupt.abort(new Interruption(signal));
    else void endNow(new Interruption(signal).exitCode);
  });
}

/** After a second signal: ends the programs that this command has started, then the command. A third one does not wait. */
async function endNow(exitCode: ExitCode): Promise<void> {
  if (isEnding) process.exit(exitCode);
  isEnding = true;
  await endGroups(PROGRAMS_END_MS);
  await Bun.sleep(LAST_WORDS_MS);
  process.exit(exitCode);
}

// An interrupted command ends by the signal itself, not only with its exit code: bash goes on with a script after Ctrl-C
// if the interrupted program has exited. At this time the output is written.
process.on('exit', (code) => {
  if (!interruptedBy || (!isEnding && code !== new Interruption(interruptedBy).exitCode)) return;
  process.removeAllListeners(interruptedBy);
  process.kill(process.pid, interruptedBy);
});

// A reader that has seen enough (lornu doctor | head) is no failure: the command ends as it would have.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });

const root = resolve(import.meta.dir, '..');
const { stderr } = process;
process.exitCode = await runCli(Bun.argv.slice(2), {
  root,
  cacheDir: resolve(root, '.cache'),
  env: process.env,
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void stderr.write(text),
  terminal:
    stderr.isTTY && process.env['TERM'] !== 'dumb' && !process.env['CI']
      ? { columns: stderr.columns || 80, color: !process.env['NO_COLOR'] }
      : undefined,
  redact: createRedactor(process.env),
  signal: interrupt.signal,
});
