import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CliError, EXIT } from '../base/cli-error.ts';
import { isAlive } from './is-alive.ts';

/**
 * Runs `work` while holding the folder's lock. Takes over a lock whose process is gone. Throws CliError if it is held.
 */
export async function withLock<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const path = `${folder}.lock`;
  await mkdir(dirname(folder), { recursive: true });
  await take(path);
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function take(path: string): Promise<void> {
  for (const attempt of [1, 2]) {
    const handle = await open(path, 'wx').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
      return undefined;
    });
    if (handle) {
      await handle.writeFile(String(process.pid));
      return handle.close();
    }
    const holder = Number(await readFile(path, 'utf8').catch(() => ''));
    if (attempt === 1 && !(holder > 0 && isAlive(holder))) await rm(path, { force: true });
    else {
      throw new CliError({
        what: 'Another lornu command is running in this checkout.',
        why: `Process ${holder} holds ${path}.`,
        next: 'Wait for it or stop it, then run the same command again.',
        exitCode: EXIT.machine,
      });
    }
  }
}
