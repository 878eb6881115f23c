import { describe, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dir, '../..');
const readme = await Bun.file(join(root, 'README.md')).text();

describe('README.md', () => {
  test('lists exactly the tracked top folders', () => {
    const tracked = Bun.spawnSync(['git', 'ls-files'], { cwd: root }).stdout.toString().split('\n');
    const folders = tracked
      .filter((path) => path.includes('/') && !path.startsWith('.'))
      .map((path) => path.split('/')[0]);
    const mapped = [...readme.matchAll(/^\| `([\w-]+)\/` \|/gm)].map(([, folder]) => folder);
    expect(mapped).toEqual([...new Set(folders)].toSorted((a = '', b = '') => (a < b ? -1 : 1)));
  });

  test('links only to existing files', () => {
    const links = [...readme.matchAll(/\]\(([^)#]+)\)|src="([^"]+)"/g)].map(
      ([, link, picture]) => link ?? picture ?? '',
    );
    const missing = links.filter((target) => !target.startsWith('http') && !existsSync(join(root, target)));
    expect(missing).toEqual([]);
  });

  test('shows only existing commands', () => {
    const shown = [...readme.matchAll(/\.\/lornu (\w+)/g)].map(([, name = '']) => name);
    expect(shown.length).toBeGreaterThan(1);
    const help = Bun.spawnSync([process.execPath, 'cli/main.ts', '--help'], { cwd: root }).stdout.toString();
    for (const name of shown) expect(help).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
  });
});
