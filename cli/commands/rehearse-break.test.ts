import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { EXIT } from '@lornu/ops/base/cli-error.ts';
import { BREAKS } from '@lornu/rehearsal/breaks/all-breaks.ts';
import { runCaptured } from '../captured-run.ts';

const rehearseBreak = async (...argv: string[]) => runCaptured(['rehearse', 'break', ...argv]);

test('the list names every break, for people and for programs, before anything is served', async () => {
  const { code, stdout } = await rehearseBreak('--list');
  expect(code).toBe(EXIT.ok);
  for (const { id, does, people, recovery } of BREAKS)
    expect(stdout).toContain(`${id}\n  does      ${does}\n  people    ${people}\n  recovery  ${recovery}\n`);
  const asked = await rehearseBreak('frozen-task', '--list', '--json');
  expect(JSON.parse(asked.stdout)).toMatchObject([{ name: 'frozen-task' }]);
});

test('a break that there is not is refused with those that there are', async () => {
  const { code, stdout, stderr } = await rehearseBreak('frozen-task', 'meteor');
  expect([code, stdout]).toEqual([EXIT.usage, '']);
  expect(stderr).toContain('There is no break named meteor.');
  expect(stderr).toContain('killed-task');
});

test('the page of operations says of each break what it looks like and what to do', async () => {
  const page = await Bun.file(join(import.meta.dir, '../../docs/operations.md')).text();
  const section = /^## What breaks, and what it looks like$([\s\S]*?)^## /m.exec(page)?.[1] ?? '';
  const named = [...section.matchAll(/^\| (`[^|]+)\|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([a-z-]+)`/g)].map(([, name = '']) => name),
  );
  expect(named.toSorted()).toEqual(BREAKS.map(({ id }) => id).toSorted());
});
