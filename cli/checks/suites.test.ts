import { describe, expect, test } from 'bun:test';
import { dirname, join } from 'node:path';
import { PACKAGES, SUITES } from './suites.ts';

const root = join(import.meta.dir, '../..');

describe('the list of suites', () => {
  test('knows every package that has TypeScript files', async () => {
    const withSources: string[] = [];
    for await (const file of new Bun.Glob('*/package.json').scan({ cwd: root })) {
      const folder = dirname(file);
      const sources = new Bun.Glob('**/*.{ts,tsx}').scan({ cwd: join(root, folder), followSymlinks: false });
      for await (const source of sources) {
        if (source.includes('node_modules/')) continue;
        withSources.push(folder);
        break;
      }
    }
    expect(PACKAGES.toSorted()).toEqual(withSources.toSorted());
  });

  test('covers every test file beside the code', async () => {
    const paths = SUITES.flatMap((suite) => (suite.kind === 'bun' ? suite.run : []));
    const uncovered: string[] = [];
    for await (const file of new Bun.Glob('*/**/*.test.{ts,tsx}').scan({ cwd: root })) {
      if (file.includes('node_modules/')) continue;
      if (!paths.some((path) => file.startsWith(path.replace('./', '')))) uncovered.push(file);
    }
    expect(uncovered).toEqual([]);
  });

  test('gives every suite a unique name that fits a command line', () => {
    const names = SUITES.map((suite) => suite.name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9-]*$/);
  });

  test('lists suites after those whose results they read', () => {
    const names = SUITES.map((suite) => suite.name);
    for (const [index, { after = [] }] of SUITES.entries())
      expect(after.filter((name) => !names.slice(0, index).includes(name))).toEqual([]);
  });

  test('computes coverage alone, after all other suites', () => {
    expect(SUITES.at(-1)).toMatchObject({ name: 'ops-coverage' });
    expect(SUITES.at(-1)).not.toHaveProperty('cores');
  });
});
