import { appendFile, cp, mkdir, readdir, stat, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runCommand } from '@lornu/ops/process/run-command.ts';

/** Files that are not in git and come from the machine's own checkout: downloaded and installed ones. */
const INSTALLED = /(^|\/)node_modules$|^\.cache$/;
const AUTHOR = ['-c', 'user.name=rehearsal', '-c', 'user.email=rehearsal@lornu.example'];

/** A new repository with the current files of this checkout, committed; its branch is main. */
export async function makeRepository(
  root: string,
  folder: string,
  change: (folder: string) => Promise<void> = async () => {},
): Promise<string> {
  const listed = await runCommand([
    'git',
    '-C',
    root,
    'ls-files',
    '-z',
    '--cached',
    '--others',
    '--exclude-standard',
  ]);
  for (const name of listed.stdout.split('\0').filter(Boolean)) {
    if (!(await stat(join(root, name)).catch(() => undefined))) continue;
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await cp(join(root, name), join(folder, name), { dereference: false });
  }
  await change(folder);
  await runCommand(['git', 'init', '--quiet', '--initial-branch=main', folder]);
  return commitAll(folder, 'As it lies here');
}

/** Commits the changes; returns the commit. */
export async function commitAll(folder: string, message: string): Promise<string> {
  await runCommand(['git', '-C', folder, 'add', '--all']);
  await runCommand([
    'git',
    '-C',
    folder,
    ...AUTHOR,
    'commit',
    '--quiet',
    '--allow-empty',
    '--message',
    message,
  ]);
  return (await runCommand(['git', '-C', folder, 'rev-parse', 'HEAD'])).stdout.trim();
}

/** The result of actions/checkout on a runner, with links to this machine's installed packages. */
export async function checkOut(
  repository: string,
  commit: string,
  folder: string,
  root: string,
): Promise<void> {
  await runCommand(['git', 'clone', '--quiet', '--local', repository, folder]);
  await runCommand(['git', '-C', folder, 'checkout', '--quiet', commit]);
  const links = ['.cache', 'node_modules'];
  for (const name of await readdir(root)) {
    if (await stat(join(root, name, 'node_modules')).catch(() => undefined))
      links.push(`${name}/node_modules`);
  }
  for (const link of links.filter((name) => INSTALLED.test(name))) {
    if (await stat(join(root, link)).catch(() => undefined))
      await symlink(join(root, link), join(folder, link));
  }
  await appendFile(join(folder, '.git/info/exclude'), `${links.join('\n')}\n.terraform.lock.hcl\n`);
}
