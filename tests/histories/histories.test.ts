import { test } from 'bun:test';
import { checkHistories } from './check-histories.ts';

/** The suite long-histories checks 10,000 of another seed. */
const count = Number(process.env['LORNU_HISTORIES'] ?? 600);

test(`after ${count} histories, however damaged, the next turn is accepted and nothing is lost`, async () => {
  await checkHistories(count, count === 600 ? 20_261_129 : 21);
}, 900_000);
