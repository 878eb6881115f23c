import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../process/run-command.ts';

export interface PageContext {
  root: string;
  cacheDir: string;
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}

/** Folder of the built page. */
export function pageDir(root: string): string {
  return join(root, 'frontend/dist');
}

/** Builds the chat page if its sources or the locked packages changed since the last build; returns whether it did. */
export async function buildPageIfStale(
  context: PageContext,
  onLine: (line: string) => void,
): Promise<boolean> {
  const stamp = Bun.file(join(context.cacheDir, 'page-built-from'));
  const wanted = await fingerprint(context.root);
  const there = await Bun.file(join(pageDir(context.root), 'index.html')).exists();
  if (there && (await stamp.text().catch(() => '')) === wanted) return false;
  await runCommand([process.execPath, 'build.ts'], {
    cwd: join(context.root, 'frontend'),
    env: context.env,
    signal: context.signal,
    onLine,
    timeoutMs: 120_000,
    what: 'The chat page could not be built.',
  });
  await mkdir(context.cacheDir, { recursive: true });
  await Bun.write(stamp, wanted);
  return true;
}

async function fingerprint(root: string): Promise<string> {
  const hash = new Bun.CryptoHasher('sha256');
  const files = await Array.fromAsync(new Bun.Glob('frontend/**/*').scan({ cwd: root, onlyFiles: true }));
  for (const file of files.filter((path) => !/\/(dist|node_modules)\//.test(path)).toSorted()) {
    hash.update(`${file}\0`).update(await Bun.file(join(root, file)).bytes());
  }
  return hash.update(await Bun.file(join(root, 'bun.lock')).bytes()).digest('hex');
}
