import { expect, test } from 'bun:test';
import { COMMANDS } from '@lornu/cli/command-table.ts';
import { root } from '../kit.ts';
import { NOT_RUN, readOperationsPage } from '../operations-page.ts';

// all/operations.test.ts runs every line of every block of docs/operations.md; this test ensures that there are no
// other commands.

const { fences, commands, mentioned } = await readOperationsPage(root);
/** Run with the page in all/operations.test.ts, though it is in a table. */
const ALSO_RUN = /^terraform -chdir=terraform\/aws\/staging force-unlock /;

test('every block of the page contains shell commands, so every one is run', () => {
  expect(fences.length).toBeGreaterThan(6);
  expect(fences.filter((language) => language !== 'sh')).toEqual([]);
  expect(commands.length).toBeGreaterThan(14);
  expect(commands.filter((line) => /^[#$>]|\\$/.test(line))).toEqual([]);
});

test('a command in a sentence is run too, or has a reason', () => {
  const without = mentioned.filter((one) => !commands.includes(one) && !ALSO_RUN.test(one) && !NOT_RUN[one]);
  expect(without).toEqual([]);
  expect(Object.keys(NOT_RUN).filter((one) => !mentioned.includes(one))).toEqual([]);
  process.stdout.write(
    `figure: ${commands.length} commands of docs/operations.md are run by pipeline-all, and ${mentioned.filter((one) => ALSO_RUN.test(one)).length} of its sentences; not run: ` +
      `${Object.entries(NOT_RUN)
        .map(([one, why]) => `${one} (${why})`)
        .join(', ')}\n`,
  );
});

test('every command of ours on the page exists', () => {
  const names = [...commands, ...mentioned].flatMap((line) =>
    [...line.matchAll(/(?:^|\| )(?:\.\/)?lornu ([a-z]+)/g)].map(([, name = '']) => name),
  );
  expect(names.length).toBeGreaterThan(10);
  expect(names.filter((name) => !COMMANDS.some((row) => row.name === name))).toEqual([]);
});
