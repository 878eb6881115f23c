import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BACKEND_LAYERS, findWrongImports } from './layers.ts';

const root = join(import.meta.dir, '../..');

describe('imports in backend/', () => {
  test('go downwards only', async () => {
    expect(await findWrongImports(join(root, 'backend'), BACKEND_LAYERS)).toEqual([]);
  });
});

const folder = await mkdtemp(join(tmpdir(), 'layers-'));

describe('the check itself', () => {
  afterAll(() => rm(folder, { recursive: true }));
  const layers = [['top'], ['left', 'right'], ['base']];
  const check = async (file: string, source: string) => {
    await Bun.write(join(folder, file), source);
    const wrong = await findWrongImports(folder, layers);
    await rm(join(folder, file));
    return wrong.map(({ why }) => why);
  };

  const cases: [string, string, string[]][] = [
    ['base/a.ts', "import { x } from '../top/x.ts';", ['top is above base']],
    ['base/a.ts', "import type { X } from '../top/x.ts';", ['top is above base']],
    ['base/a.ts', "export * from '../top/x.ts';", ['top is above base']],
    ['base/a.ts', "export const x = () => import('../top/x.ts');", ['top is above base']],
    ['left/a.ts', "import { x } from '../right/x.ts';", ['left and right stand side by side']],
    ['left/a.ts', "import { x } from '../../elsewhere/x.ts';", ['leaves the package']],
    ['new/a.ts', 'export const x = 1;', ['new has no place in the list of layers']],
    ['left/a.ts', "import { x } from '../base/x.ts'; import { y } from './y.ts';", []],
    ['left/a.test.ts', "import { x } from '../top/x.ts';", []],
  ];
  for (const [file, source, expected] of cases) {
    test(`${expected.length > 0 ? 'refuses' : 'accepts'} in ${file}: ${source}`, async () => {
      expect(await check(file, source)).toEqual(expected);
    });
  }
});
