import { createHash } from 'node:crypto';
import { readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import { runCommand } from '@lornu/ops/process/run-command.ts';
import { ensureTools } from '@lornu/ops/setup/ensure-tools.ts';
import type { Emit } from '@lornu/ops/steps/step-events.ts';

const REQUIREMENTS = join(import.meta.dir, '../aws/requirements.txt');
const INSTALL_MS = 5 * 60_000;
/** Compiled once, because each start of the emulator would otherwise compile all of its packages: 1 s of CPU. */
const SYNC = ['pip', 'sync', '--quiet', '--require-hashes', '--compile-bytecode'];

/** Path of a Python with the emulator's locked packages, created in the cache on first use (2 to 20 s). */
export async function ensureEmulatorPython(
  context: Pick<CliContext, 'cacheDir' | 'env' | 'signal'>,
  emit: Emit,
): Promise<string> {
  const key = createHash('sha256')
    .update(await readFile(REQUIREMENTS))
    .update(SYNC.join(' '))
    .digest('hex')
    .slice(0, 12);
  const folder = join(context.cacheDir, `aws-emulator-${key}`);
  const python = join(folder, 'bin/python');
  if (await stat(python).catch(() => undefined)) return python;

  const folders = await ensureTools(['python', 'uv'], context, emit);
  const env = {
    ...context.env,
    PATH: [...folders, context.env['PATH']].filter(Boolean).join(':'),
    VIRTUAL_ENV: undefined,
  };
  const uv = Bun.which('uv', { PATH: env.PATH }) ?? 'uv';
  const options = {
    env,
    signal: context.signal,
    timeoutMs: INSTALL_MS,
    what: "The AWS emulator's Python packages can't be installed.",
    next: 'Check that PyPI can be reached, then run the same command again.',
  };
  // Created under another name and renamed, so that an interrupted install does not look finished.
  const making = `${folder}.making-${process.pid}`;
  try {
    await runCommand([uv, 'venv', '--quiet', '--relocatable', '--python', '>=3.11', making], options);
    await runCommand([uv, ...SYNC, '--python', join(making, 'bin/python'), REQUIREMENTS], options);
    await rename(making, folder);
  } finally {
    await rm(making, { recursive: true, force: true });
  }
  return python;
}
