import { AppError } from '../errors/app-error.ts';

/** Longest app, user or session name, in UTF-8 bytes: well within Firestore's 1,500 for a document id. */
const MAX_NAME_BYTES = 512;

/**
 * Refuses names that one of the stores cannot hold: Firestore's document ids may not contain a slash and may not be
 * `.`, `..` or `__…__`; control characters and unpaired surrogates do not survive every store.
 */
export function assertStorableName(kind: 'app name' | 'user id' | 'session id', name: string): void {
  const problem = problemOf(name);
  if (problem) throw new AppError('BAD_REQUEST', `Invalid ${kind}: it ${problem}.`);
}

function problemOf(name: string): string | undefined {
  if (name === '' || name === '.' || name === '..') return 'must not be empty, "." or ".."';
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) return `must not be longer than ${MAX_NAME_BYTES} bytes`;
  if (name.includes('/')) return 'must not contain a slash';
  if (/\p{Cc}/u.test(name)) return 'must not contain control characters';
  if (!name.isWellFormed()) return 'must be valid Unicode';
  if (/^__.*__$/.test(name)) return 'must not begin and end with two underscores';
  return undefined;
}
