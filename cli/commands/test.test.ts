import { expect, test } from 'bun:test';
import type { Suite } from '../checks/suite.ts';
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
