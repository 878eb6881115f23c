import { randomInt } from 'node:crypto';

/** What `randomInt` takes at most; a double holds it exactly. */
const TOKENS = 2 ** 48 - 1;

/**
 * The name of a new lease: random, so never that of an earlier one. Who holds an earlier one is found out by comparing,
 * in the transaction that writes.
 */
export function newLeaseToken(): number {
  return randomInt(TOKENS);
}
