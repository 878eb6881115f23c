import { resolve } from 'node:path';
import { runCli } from './run-cli.ts';
import { EXIT } from '@lornu/ops/base/cli-error.ts';
import { createRedactor } from '@lornu/ops/base/redact.ts';

// The entry point: the only place of the CLI that reads the environment, the terminal and signals.
const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (interrupt.signal.aborted) process.exit(EXIT.interrupted);
    interrupt.abort();
  });
}

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
