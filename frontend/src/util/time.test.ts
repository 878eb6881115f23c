import { expect, test } from 'bun:test';
import { toAgo, toShortTime, toUtcMinute } from './time.ts';

const NOW = new Date(2026, 10, 29, 14, 32).getTime();
const before = (seconds: number): number => NOW / 1_000 - seconds;

test.each([
  [0, 'just now'],
  [-5, 'just now'],
  [60, '1 min ago'],
  [3_599, '59 min ago'],
  [3_600, '1 h ago'],
  [86_400, '1 day ago'],
  [3 * 86_400, '3 days ago'],
  [7 * 86_400, ''],
])('%d seconds ago in words: %s', (seconds, words) => {
  expect(toAgo(before(seconds), NOW)).toBe(words);
});

test('a time includes the date if it is another day, and the year if it is another year', () => {
  expect(toShortTime(before(60), NOW)).not.toMatch(/Nov|2026/u);
  expect(toShortTime(before(86_400), NOW)).toMatch(/28/u);
  expect(toShortTime(before(86_400), NOW)).not.toMatch(/2026/u);
  expect(toShortTime(before(400 * 86_400), NOW)).toMatch(/2025/u);
});

test('the time in exported files is in UTC, to the minute', () => {
  expect(toUtcMinute(1_764_426_720.5)).toBe('2025-11-29 14:32 UTC');
});
