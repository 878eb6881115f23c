import { describe, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withoutConfiguration } from './prepare.ts';
import { countJunit, failedTests } from './junit.ts';
import { judge, runSuite } from './run-suite.ts';
import type { Suite, SuiteResult } from './suite.ts';

describe('counting', () => {
  test('counts test cases, whatever the totals of the file say', () => {
    const xml = `<testsuites tests="99"><testsuite name="a &gt; b">
      <testcase name="passes" time="0.1"/>
      <testcase name="passes with output"><system-out>failure in words</system-out></testcase>
      <testcase name="fails"><failure message="x">expected 1</failure></testcase>
      <testcase name="breaks"><error>boom</error></testcase>
      <testcase name="waits"><skipped /></testcase>
    </testsuite></testsuites>`;
    expect(countJunit(xml)).toEqual({ passed: 2, failed: 2, skipped: 1 });
  });

  test('names each failed test, with its place and what it said', () => {
    const xml = `<testsuite><testcase name="passes" time="0.1"/>
      <testcase name="is &quot;b&quot;" classname="group &lt;a&gt;" time="0.1" file="a.test.ts" line="2">
        <failure type="AssertionError" message="expect(received)&#10;&#10;Expected: 2&#10;">more of it</failure>
      </testcase>
      <testcase name="breaks"><error>boom</error></testcase></testsuite>`;
    expect(failedTests(xml)).toEqual([
      { test: 'a.test.ts:2 group <a> > is "b"', message: 'expect(received) Expected: 2' },
      { test: 'breaks', message: 'no message' },
    ]);
  });

  test('a runner that ran nothing has failed', () => {
    expect(judge({ passed: 0, failed: 0, skipped: 3 }, true, '')).toMatchObject({
      failed: 1,
      reason: 'no test ran',
    });
  });

  test('a runner that crashed has failed, even if every test passed', () => {
    expect(judge({ passed: 7, failed: 0, skipped: 0 }, false, 'was ended by SIGSEGV')).toEqual({
      passed: 7,
      failed: 1,
      skipped: 0,
      reason: 'the runner was ended by SIGSEGV',
    });
  });

  test('failing tests are counted once', () => {
    expect(judge({ passed: 7, failed: 2, skipped: 0 }, false, 'ended with exit code 1')).toEqual({
      passed: 7,
      failed: 2,
      skipped: 0,
    });
  });
});

test("a test sees none of the person's configuration", () => {
  const env = { PATH: '/bin', PORT: '1', GEMINI_API_KEY: 'k', AWS_PROFILE: 'p', LORNU_X: 'x', REPORT: 'r' };
  expect(withoutConfiguration(env)).toEqual({ PATH: '/bin', REPORT: 'r' });
});

/** Runs a suite in a folder with these files. */
async function runIn(
  files: Readonly<Record<string, string>>,
  suite: Pick<Suite, 'kind' | 'run'>,
): Promise<SuiteResult> {
  const folder = await mkdtemp(join(tmpdir(), 'suite-'));
  for (const [name, text] of Object.entries(files)) await Bun.write(join(folder, name), text);
  const context = {
    root: folder,
    cacheDir: folder,
    env: { PATH: process.env['PATH'], NO_COLOR: '1' },
    redact: (text: string) => text,
    signal: new AbortController().signal,
  };
  try {
    return await runSuite({ name: 'x', title: 'x', budgetMs: 30_000, ...suite }, context, () => undefined);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('a suite whose program is missing has failed, with the reason', async () => {
  expect(await runIn({}, { kind: 'check', run: ['no-such-program'] })).toMatchObject({
    passed: 0,
    failed: 1,
    reason: expect.stringContaining("no-such-program can't be started."),
  });
});

test('the figures of a suite are part of its result', async () => {
  const run = ['printf', 'figure: 7 of 7\\nno figure: 8\\n'];
  expect(await runIn({}, { kind: 'check', run })).toMatchObject({
    passed: 1,
    figures: ['7 of 7'],
    cpuMs: expect.any(Number),
  });
});

test('the temporary files of a suite are deleted, even if it is killed', async () => {
  const run = ['sh', '-c', 'touch "$TMPDIR/left" && echo "figure: $TMPDIR"; kill -9 $$'];
  const { figures: [folder = ''] = [], reason } = await runIn({}, { kind: 'check', run });
  expect(reason).toContain('was ended by SIGKILL');
  expect(folder).toStartWith(join(tmpdir(), 'lornu-'));
  expect(existsSync(folder)).toBe(false);
});

test('a test file that cannot be loaded is named, also if a test of another file fails', async () => {
  const files = {
    'fails.test.ts': "import { test } from 'bun:test';\ntest('t', () => { throw new Error('in a test'); });",
    'breaks.test.ts':
      "import { test } from 'bun:test';\ntest('t', () => {});\nthrow new TypeError('at the top');",
    'lacks.test.ts': "import './nothing.ts';",
  };
  const failures = [
    { test: 'breaks.test.ts (outside of its tests)', message: 'TypeError: at the top' },
    {
      test: 'lacks.test.ts (outside of its tests)',
      message: expect.stringContaining("Cannot find module './nothing.ts'"),
    },
  ];
  expect(await runIn(files, { kind: 'bun', run: ['./breaks.test.ts', './lacks.test.ts'] })).toMatchObject({
    failed: 2,
    failures,
  });
  const all = Object.keys(files).map((name) => `./${name}`);
  expect(await runIn(files, { kind: 'bun', run: all })).toMatchObject({
    failed: 3,
    failures: [{ test: expect.stringContaining('fails.test.ts'), message: 'in a test' }, ...failures],
  });
});
