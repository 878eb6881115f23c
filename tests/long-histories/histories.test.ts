import { test } from 'bun:test';
import { checkHistories } from '../histories/check-histories.ts';

test('after 10,000 histories, however broken, the next turn is accepted and nothing is lost', async () => {
  await checkHistories(10_000, 21);
}, 900_000);
