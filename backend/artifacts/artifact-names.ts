import { AppError } from '../errors/app-error.ts';

const USER_PREFIX = 'user:';
/** Longest accepted name, in UTF-8 bytes. */
const MAX_NAME_BYTES = 255;

/** Whether all sessions of the user share the artifact. */
export function isUserScoped(filename: string): boolean {
  return filename.startsWith(USER_PREFIX);
}

/**
 * Refuses names that could address another place than their own, or that no path of the REST API can reach. Slashes are
 * allowed. Throws BAD_REQUEST with the reason.
 */
export function assertArtifactName(filename: string): void {
  const problem = problemOf(isUserScoped(filename) ? filename.slice(USER_PREFIX.length) : filename);
  if (problem) throw new AppError('BAD_REQUEST', `Invalid artifact filename: it ${problem}.`);
}

function problemOf(name: string): string | undefined {
  if (name.trim() === '') return 'must not be empty';
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) return `must not be longer than ${MAX_NAME_BYTES} bytes`;
  if (/\p{Cc}/u.test(name)) return 'must not contain control characters';
  if (!name.isWellFormed()) return 'must be valid Unicode';
  if (name.includes('\\')) return 'must not contain a backslash';
  if (/^[A-Za-z]:/.test(name)) return 'must not begin with a drive letter';
  const segments = name.split('/');
  if (segments.includes('')) return 'must not begin or end with a slash, or have two in a row';
  if (segments.some((segment) => /^\.{1,2}$/.test(segment))) return 'must not contain "." or ".." as a part';
  if (segments.includes('versions')) return 'must not contain "versions" as a part';
  return undefined;
}

/** Refuses session ids that a flat store cannot tell apart from its folder of shared artifacts. Throws BAD_REQUEST. */
export function assertArtifactSession(sessionId: string): void {
  if (canHoldArtifacts(sessionId)) return;
  throw new AppError('BAD_REQUEST', "session_id must not be or start with the reserved value 'user'.");
}

/** False for the id that a flat store uses for the folder of shared artifacts. */
export function canHoldArtifacts(sessionId: string): boolean {
  return sessionId !== 'user';
}
