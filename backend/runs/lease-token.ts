import { randomInt } from 'node:crypto';

/** The largest range of `randomInt`; a double holds it exactly. */
const TOKENS = 2 ** 48 - 1;

/**
 * The token of a new lease: random, so that it never equals an earlier one. Every transaction that writes compares it.
 */
export function newLeaseToken(): number {
  return randomInt(TOKENS);
}
