import { AppError } from '../errors/app-error.ts';
import { mayActFor, type Principal } from './principal.ts';

/** The parsed parts of a request that may contain a user id. */
export interface UserInput {
  path: Record<string, string>;
  query: unknown;
  body: unknown;
}

// Not a real user, so nothing is stored under it; random per process, so that nobody can guess it.
const NOBODY = `nobody-${crypto.randomUUID()}`;

/**
 * Restricts a request to the user ids that its caller may use. A foreign id is replaced by one that owns nothing, so
 * that other users' data is answered by the same code, with the same response and timing, as missing data. Creating
 * something under a foreign id is refused.
 */
export function bindUser<T extends UserInput>(principal: Principal, creates: boolean, input: T): T {
  const inPath = input.path['userId'];
  if (inPath !== undefined && !mayActFor(principal, inPath)) {
    if (creates) throw new AppError('CALLER_NOT_ALLOWED', 'The user id is not yours');
    return { ...input, path: { ...input.path, userId: NOBODY } };
  }
  return { ...input, body: withOwnUser(principal, input.body), query: withOwnUser(principal, input.query) };
}

function withOwnUser(principal: Principal, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  for (const name of ['userId', 'user_id'] as const) {
    const given = (value as Record<string, unknown>)[name];
    if (typeof given === 'string' && !mayActFor(principal, given)) return { ...value, [name]: NOBODY };
  }
  return value;
}
