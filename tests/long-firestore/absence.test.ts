import { expect, test } from 'bun:test';
import { hangInTurn } from '../firestore/absence.ts';

test('Firestore hangs in a turn for 62 s: the shown text is in the session, and the next turn completes', async () => {
  const { shown, stored, next } = await hangInTurn(62_000, {}, {});
  expect(shown).toEndWith('20');
  expect(stored).toBe(shown);
  expect(next).toBe('completed');
}, 240_000);
