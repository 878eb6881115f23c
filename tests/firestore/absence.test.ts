import { expect, test } from 'bun:test';
import { hangInTurn } from './absence.ts';

const LIMITS = { leaseMs: 1_500, renewEveryMs: 300, takeOverEveryMs: 100, cancelEveryMs: 100 };

test('Firestore hangs in a turn for longer than writes are retried: the shown text is in the session', async () => {
  const { shown, stored, next } = await hangInTurn(8_000, { waitMs: 1_500, patienceMs: 4_000 }, LIMITS);
  expect(shown).toEndWith('20');
  expect(stored).toBe(shown);
  expect(next).toBe('completed');
});
