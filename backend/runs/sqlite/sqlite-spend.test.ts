import { Database } from 'bun:sqlite';
import { expect, test } from 'bun:test';
import { SqliteSpend } from './sqlite-spend.ts';

test("a minute's counters are forgotten after an hour, a day's after a week", async () => {
  const database = new Database(':memory:');
  const counts = new SqliteSpend(database, 'caller_counts');
  const periods = () =>
    database
      .query<{ day: string }, []>('SELECT day FROM caller_counts')
      .all()
      .map(({ day }) => day);
  const add = (period: string) => counts.add(period, new Map([['ann', 1]]));
  for (const period of ['2026-01-08', '2026-01-15', '2026-01-15T11:00:00.000Z']) await add(period);
  await add('2026-01-15T12:00:00.000Z');
  expect(periods()).toEqual([
    '2026-01-08',
    '2026-01-15',
    '2026-01-15T11:00:00.000Z',
    '2026-01-15T12:00:00.000Z',
  ]);
  await add('2026-01-15T12:01:00.000Z');
  expect(periods()).not.toContain('2026-01-15T11:00:00.000Z');
  await add('2026-01-16');
  expect(periods()).toEqual([
    '2026-01-15',
    '2026-01-15T12:00:00.000Z',
    '2026-01-15T12:01:00.000Z',
    '2026-01-16',
  ]);
  database.close();
});
