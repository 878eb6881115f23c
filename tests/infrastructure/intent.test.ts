import { expect, test } from 'bun:test';
import { CHECKS } from './checks/all.ts';
import { judge } from './checks/check.ts';
import { attributeCoverage, LEFT_OUT } from './coverage/attributes.ts';
import { percent } from './mutation/score.ts';
import { getDocuments } from './plan/documents.ts';
import { readEnvironment } from './plan/environment.ts';

/** The figure that the user asked for, and this suite's own. */
const ASKED_FOR = 0.7;
const HELD_TO = 0.9;

const environment = readEnvironment(await getDocuments());
const problems = judge(CHECKS, environment);

test.each(CHECKS.map(({ id }) => id))('the planned environment: %s', (id) => {
  expect(problems.filter(({ check }) => check === id).map(({ problem }) => problem)).toEqual([]);
});

test('each check has a unique name', () => {
  expect(new Set(CHECKS.map(({ id }) => id)).size).toBe(CHECKS.length);
  for (const { id } of CHECKS) expect(id).toMatch(/^[a-z-]+\/[a-z0-9-]+$/);
});

test('no check reads files: results depend on the plan only', async () => {
  const files = [...new Bun.Glob('checks/**/*.ts').scanSync({ cwd: import.meta.dir })];
  expect(files.length).toBeGreaterThan(20);
  for (const file of files) {
    const source = await Bun.file(`${import.meta.dir}/${file}`).text();
    expect(source).not.toMatch(/node:fs|Bun\.file|readFile|toMatchSnapshot|\.tf['"`]/);
  }
});

test('nearly every attribute that the files set is checked', () => {
  const coverage = attributeCoverage(environment, CHECKS);
  const share = percent(coverage.read, coverage.set);
  for (const { type, read, set } of coverage.types) {
    process.stdout.write(
      `${percent(read, set).padStart(8)}  ${String(read).padStart(4)} of ${String(set).padEnd(4)} ${type}\n`,
    );
  }
  for (const name of coverage.unread) process.stdout.write(`not looked at: ${name}\n`);
  for (const [what, why] of Object.entries(LEFT_OUT)) process.stdout.write(`left out: ${what} (${why})\n`);
  process.stdout.write(
    `figure: config validation ${share} (${coverage.read} of ${coverage.set} configured attributes are asserted by ${CHECKS.length} statements; asked for: ${ASKED_FOR * 100} %)\n`,
  );
  expect(coverage.set).toBeGreaterThan(1000);
  expect(coverage.read / coverage.set).toBeGreaterThanOrEqual(HELD_TO);
});
