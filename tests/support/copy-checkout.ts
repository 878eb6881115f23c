import { cp, mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Copies what `git clone` would give of the current checkout, including uncommitted files: no state, no packages. */
export async function copyCheckout(root: string, to: string): Promise<void> {
  const listed = Bun.spawnSync(['git', 'ls-files', '-co', '--exclude-standard', '-z'], { cwd: root });
  for (const file of listed.stdout.toString().split('\0').filter(Boolean)) {
    // Deleted but not yet committed.
    if (!(await Bun.file(join(root, file)).exists())) continue;
    await mkdir(dirname(join(to, file)), { recursive: true });
    await cp(join(root, file), join(to, file));
  }
}

/** Links the checkout's installed packages into such a copy. */
export async function linkPackages(root: string, to: string): Promise<void> {
  for (const folder of ['.', 'agents', 'backend', 'cli', 'frontend', 'ops', 'rehearsal', 'standins']) {
    await symlink(join(root, folder, 'node_modules'), join(to, folder, 'node_modules'));
  }
}
