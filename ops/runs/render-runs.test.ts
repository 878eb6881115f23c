import { expect, test } from 'bun:test';
import type { ShownRun } from '@lornu/backend/http/routes/operator.ts';
import { duration, renderMaintenance, renderRuns, sorted } from './render-runs.ts';

const OPEN = { refusesNewTurns: false };

const run = (id: string, more: Partial<ShownRun> = {}): ShownRun => ({
  id,
  appName: 'lornu',
  userId: 'ann',
  sessionId: 's1',
  invocationId: 'e1',
  state: 'running',
  startTime: 1_000,
  ageSeconds: 61,
  silentSeconds: 2,
  tokens: 1_234_567,
  process: 'p1',
  takeovers: 0,
  stopRequested: false,
  ...more,
});

test('a table that is read at a glance: numbers to the right, ids whole', () => {
  const runs = [
    run('r-1'),
    run('r-22', { userId: 'benjamin', state: 'queued', ageSeconds: 7_500, tokens: 0, stopRequested: false }),
    run('r-3', { stopRequested: true, takeovers: 12 }),
  ];
  expect(renderRuns(runs, OPEN))
    .toBe(`RUN   AGENT  USER      SESSION  STATE        AGE  SILENT     TOKENS  TAKEOVERS
r-1   lornu  ann       s1       running   1m 01s      2s  1,234,567          0
r-22  lornu  benjamin  s1       queued    2h 05m      2s          0          0
r-3   lornu  ann       s1       stopping  1m 01s      2s  1,234,567         12

2 running, 1 queued.
`);
});

test('nothing of what callers chose moves the cursor or colours the terminal', () => {
  const text = renderRuns([run('r', { userId: '\u001b[31mann\n\u202e', sessionId: 'x'.repeat(500) })], OPEN);
  expect(text).toContain('?[31mann??');
  expect(text.split('\n').every((line) => line.length < 200)).toBeTrue();
});

test('the most comes first, by what is asked for', () => {
  const runs = [
    run('a', { ageSeconds: 5, tokens: 9 }),
    run('b', { ageSeconds: 9, tokens: 5, silentSeconds: 0 }),
  ];
  expect(sorted(runs, 'age').map(({ id }) => id)).toEqual(['b', 'a']);
  expect(sorted(runs, 'tokens').map(({ id }) => id)).toEqual(['a', 'b']);
  expect(sorted(runs, 'silence').map(({ id }) => id)).toEqual(['a', 'b']);
});

test('maintenance is told before the runs', () => {
  const notice = {
    refusesNewTurns: true,
    sentence: 'Back at noon.',
    retryAfterSeconds: 90,
    since: 0,
    by: 'operator:o',
  };
  const told = `New turns are refused since 1970-01-01T00:00:00Z, by operator:o. Callers read, and come again after 1m 30s:
  Back at noon.
`;
  expect(renderMaintenance(notice)).toBe(told);
  expect(renderRuns([], notice)).toBe(`${told}\nNothing runs.\n`);
});

test.each([
  [0, '0s'],
  [59.9, '59s'],
  [60, '1m 00s'],
  [3_599, '59m 59s'],
  [3_600, '1h 00m'],
  [90_061, '25h 01m'],
])('%d seconds are %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});
