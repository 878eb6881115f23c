import { test } from 'bun:test';
import { checkHistories } from './check-histories.ts';

test('after 600 histories, however broken, the next turn is accepted and nothing is lost', async () => {
  await checkHistories(600, 20_261_129);
}, 60_000);
