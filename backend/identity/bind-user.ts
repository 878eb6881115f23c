import { AppError } from '../errors/app-error.ts';
import { mayActFor, type Principal } from './principal.ts';

/** The parsed parts of a request in which a user id may stand. */
export interface UserInput {
  path: Record<string, string>;
  query: unknown;
  body: unknown;
}

// No user has this id, so nothing is stored under it; random per process, so nobody can guess it.
const NOBODY = `nobody-${crypto.randomUUID()}`;

/**
 * Holds a request to the user ids that its caller may name. A foreign one is replaced by one that owns nothing,
 * so what belongs to others is answered by the same code, in the same words and time, as what does not exist.
 * To create under a foreign user is refused.
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
