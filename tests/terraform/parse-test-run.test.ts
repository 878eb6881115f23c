import { expect, test } from 'bun:test';
import { parseTestRun } from './parse-test-run.ts';

const line = (value: unknown): string => JSON.stringify(value);
const run = (status: string, progress = 'complete'): string =>
  line({ type: 'test_run', test_run: { run: 'a_name', progress, status } });

test('a run counts when it is complete, and only a pass counts as passed', () => {
  const text = [run('pending', 'starting'), run('pass'), run('fail'), run('skip'), 'plain text'].join('\n');
  expect(parseTestRun(text)).toEqual({ passed: 1, notPassed: ['a_name: fail', 'a_name: skip'] });
});

test('a file that cannot be read did not pass', () => {
  const text = line({ type: 'diagnostic', diagnostic: { summary: 'Invalid block', detail: 'line 3' } });
  expect(parseTestRun(text)).toEqual({ passed: 0, notPassed: ['Invalid block: line 3'] });
});
