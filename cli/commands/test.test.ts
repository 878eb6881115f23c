import { expect, test } from 'bun:test';
import { join } from 'node:path';
import type { Suite } from '../checks/suite.ts';
import { SUITES as ALL_SUITES } from '../checks/suites.ts';
import { CliError } from '@lornu/ops/base/cli-error.ts';
import { chooseSuites } from './test.ts';

const suite = (name: string, more: Partial<Suite> = {}): Suite => ({
  name,
  title: name,
  kind: 'check',
  run: ['true'],
  budgetMs: 1,
  ...more,
});
const SUITES = [suite('lint'), suite('soak', { onlyInAll: true }), suite('image', { onlyOn: 'linux' })];
const chosen = (names: string[], all: boolean, platform: NodeJS.Platform): string[] =>
  chooseSuites(SUITES, names, all, platform).map(({ name }) => name);

test('without names it runs all but the long suites and those of another system', () => {
  expect(chosen([], false, 'linux')).toEqual(['lint', 'image']);
  expect(chosen([], true, 'linux')).toEqual(['lint', 'soak', 'image']);
  expect(chosen([], false, 'darwin')).toEqual(['lint']);
});

test('named suites run in the order of the table, even long ones', () => {
  expect(chosen(['soak', 'lint'], false, 'linux')).toEqual(['lint', 'soak']);
});

test('an unknown name is refused with the list of names', () => {
  const refuse = (): unknown => chosen(['lint', 'linnt'], false, 'linux');
  expect(refuse).toThrow(CliError);
  expect(refuse).toThrow('There is no suite "linnt".');
});

test('a path stands for that part of the suite that runs it', () => {
  const suites = [
    suite('unit', { kind: 'bun', run: ['./cli', './ops'] }),
    suite('runs', { kind: 'bun', run: ['./tests/runs', '--timeout', '1'] }),
  ];
  const chosenOnly = (...names: string[]) =>
    chooseSuites(suites, names, false, 'linux').map(({ name, only }) => [name, only]);
  expect(chosenOnly('./ops/a.test.ts', 'tests/runs', 'cli/b')).toEqual([
    ['unit', ['./ops/a.test.ts', 'cli/b']],
    ['runs', ['tests/runs']],
  ]);
  expect(chosenOnly('unit', 'ops/a.test.ts')).toEqual([['unit', undefined]]);
  expect(() => chosenOnly('tests/runs-of-others')).toThrow('There is no suite "tests/runs-of-others".');
});

test('the suites of the examples are there', async () => {
  const source = await Bun.file(join(import.meta.dir, 'test.ts')).text();
  const names = [...source.matchAll(/^ {2}\.\/lornu test ((?:[a-z/.-]+ )+) /gm)].flatMap(([, words = '']) =>
    words.split(' ').filter((word) => word && !word.startsWith('-')),
  );
  expect(names.length).toBeGreaterThan(2);
  expect(chooseSuites(ALL_SUITES, names, true, 'linux').length).toBe(2);
  for (const name of names.filter((word) => word.includes('/')))
    expect(await Bun.file(join(import.meta.dir, '../..', name)).exists()).toBe(true);
});
