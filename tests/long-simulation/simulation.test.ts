import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { hunt } from '../simulation/hunt.ts';
import { plant } from '../simulation/planted-bug.ts';
import { PLANTED_BUGS } from '../simulation/planted-bugs.ts';
import { commitSeed } from '../support/commit-seed.ts';

const SECONDS = 600;

test('ten minutes of scenarios on two cores break no promise', async () => {
  const main = join(import.meta.dir, '../simulation/main.ts');
  const limits = ['--seconds', `${SECONDS}`, '--workers', '2', '--seed', `${commitSeed()}`];
  const child = Bun.spawn({ cmd: [process.execPath, main, ...limits], stdout: 'pipe', stderr: 'inherit' });
  const output = await new Response(child.stdout).text();
  // The rate of this machine, and a counterexample where there is one.
  console.log(output);
  expect(await child.exited).toBe(0);
}, 900_000);

test('every planted bug still fits the code', async () => {
  const backend = join(import.meta.dir, '../../backend');
  for (const bug of PLANTED_BUGS) {
    const source = await Bun.file(join(backend, bug.file)).text();
    expect(plant(bug, source)).not.toBe(source);
  }
  expect(new Set(PLANTED_BUGS.map(({ name }) => name)).size).toBe(PLANTED_BUGS.length);
});

test.each(PLANTED_BUGS)(
  'found: $name',
  async (bug) => {
    const { found, seconds, output } = await hunt(bug, 1, ['--seconds', '300']);
    console.log(`${seconds.toFixed(1)} s: ${bug.name}: ${found}`);
    expect(found ?? output).toStartWith('guarantee ');
  },
  400_000,
);
