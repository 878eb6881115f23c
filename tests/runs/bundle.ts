import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dir, '../..');

/** The version that was deployed before this one: set it to main's commit when something new is deployed. */
export const VERSION_BEFORE = '2d1a82010473f88b19a8e385e7768b995c601736';

/** Bundles the service of this checkout, or of another one, into a folder. */
export function bundle(folder: string, root = ROOT): void {
  const build = Bun.spawnSync({ cmd: [process.execPath, join(root, 'backend/build.ts'), folder] });
  if (build.exitCode !== 0) throw new Error(`The service could not be bundled: ${build.stderr.toString()}`);
}

/**
 * The bundled service of an earlier commit, built once per checkout. Throws if the history does not contain the commit.
 */
export async function bundleBefore(commit = VERSION_BEFORE): Promise<string> {
  const folder = join(ROOT, '.cache', `service-${commit.slice(0, 12)}`);
  if (await Bun.file(join(folder, 'serve.js')).exists()) return folder;
  const sources = mkdtempSync(join(tmpdir(), 'version-before-'));
  try {
    const archive = Bun.spawnSync(['git', 'archive', '--output', join(sources, 'all.tar'), commit], {
      cwd: ROOT,
    });
    if (archive.exitCode !== 0)
      throw new Error(
        `The version before this one (${commit}) is not in this clone: fetch its whole history.`,
      );
    Bun.spawnSync(['tar', 'xf', 'all.tar'], { cwd: sources });
    // Its own packages: this version may no longer have them.
    const install = [process.execPath, 'install', '--frozen-lockfile', '--ignore-scripts', '--no-progress'];
    const installed = Bun.spawnSync(install, { cwd: sources });
    if (installed.exitCode !== 0)
      throw new Error(`The packages of the version before this one: ${installed.stderr.toString()}`);
    bundle(join(sources, 'out'), sources);
    renameSync(join(sources, 'out'), folder);
    return folder;
  } finally {
    rmSync(sources, { recursive: true });
  }
}
