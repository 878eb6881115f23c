import { State } from '@google/adk';
import { expect, test } from 'bun:test';
import { addFinding, readFindings, toReport } from './findings.ts';

const finding = (what: string) => ({ at: '2026-05-04T10:00:00.000Z', what, source: 'log' });

test('findings are kept in the order in which they came', () => {
  const context = { state: new State() };
  addFinding(context, finding('p95 rose'));
  expect(addFinding(context, finding('a task was replaced'))).toEqual({
    kept: 'a task was replaced',
    count: 2,
  });
  expect(readFindings(context).map(({ what }) => what)).toEqual(['p95 rose', 'a task was replaced']);
});

test('beyond 200 a finding is refused, and the state does not change', () => {
  const context = { state: new State() };
  for (let count = 0; count < 200; count++) addFinding(context, finding(`${count}`));
  expect(addFinding(context, finding('one too many'))).toHaveProperty('error');
  expect(readFindings(context)).toHaveLength(200);
});

test('the report is a table that no finding can break', () => {
  expect(toReport('Slow answers', [finding('a | b\nc')])).toBe(
    '# Slow answers\n\n| time (UTC) | finding | source |\n| --- | --- | --- |\n| 2026-05-04T10:00:00.000Z | a \\| b c | log |\n',
  );
  expect(toReport('Quiet', [])).toContain('Nothing was kept yet.');
});
