import { join } from 'node:path';
import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import type { CommandRow } from './command-table.ts';
import { runCli } from './run-cli.ts';

/** What a command line has printed, and its exit code. */
export interface CapturedRun {
  code: number;
  stdout: string;
  stderr: string;
}

const ROOT = join(import.meta.dir, '..');

/** For tests: this checkout, for `nowhere` and `runCaptured`. */
export const CHECKOUT: Pick<CliContext, 'root' | 'cacheDir'> = { root: ROOT, cacheDir: join(ROOT, '.cache') };

/** For tests: a machine that has nothing, and prints nowhere. */
export function nowhere(more: Partial<CliContext> = {}): CliContext {
  return {
    root: '/nowhere',
    cacheDir: '/nowhere/.cache',
    env: {},
    stdout: () => undefined,
    stderr: () => undefined,
    terminal: undefined,
    redact: (text) => text,
    signal: new AbortController().signal,
    ...more,
  };
}

/** For tests: runs a command line in this process. `more` replaces parts of `nowhere`; `commands`: other than ours. */
export async function runCaptured(
  argv: readonly string[],
  more: Partial<CliContext> = {},
  commands?: readonly CommandRow[],
): Promise<CapturedRun> {
  let [stdout, stderr] = ['', ''];
  const context = nowhere({
    stdout: (text) => void (stdout += text),
    stderr: (text) => void (stderr += text),
    ...more,
  });
  const code = await runCli(argv, context, commands);
  return { code, stdout, stderr };
}
