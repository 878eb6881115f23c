import { SQLiteError } from 'bun:sqlite';

/** A database file that the service cannot open. The operator must fix it, so only the message is shown. */
export class UnusableDatabaseError extends Error {
  override readonly name = 'UnusableDatabaseError';

  constructor(path: string, cause: Error, next: string) {
    super(`The database ${path} cannot be opened (${cause.message}). ${next}`, { cause });
  }
}

/**
 * Runs code that opens the file, and creates its folder. If the file is damaged, or the folder or file cannot be
 * written, the error names it and the next step.
 */
export function openingDatabase<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    const next = nextStep(path, error);
    throw next ? new UnusableDatabaseError(path, error as Error, next) : error;
  }
}

function nextStep(path: string, error: unknown): string | undefined {
  if (isDamage(error))
    return `Put a copy of it in its place, or move it away together with ${path}-wal and ${path}-shm: the service then starts with an empty one.`;
  if (isUnwritable(error))
    return 'Make its folder writable for the service, or name another one in LORNU_DATA_DIR.';
  return undefined;
}

/**
 * Damage is permanent, unlike a lock. https://sqlite.org/rescode.html#corrupt, #notadb; extended codes contain the main
 * one in their name.
 */
export function isDamage(error: unknown): error is SQLiteError {
  return error instanceof SQLiteError && /^SQLITE_(?:CORRUPT|NOTADB)/.test(error.code ?? '');
}

/** A read-only or full disk, missing rights, a file where a folder should be; of SQLite, or of making the folder. */
function isUnwritable(error: unknown): error is Error {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return /^(?:SQLITE_(?:CANTOPEN|READONLY|PERM|FULL)|EROFS$|EACCES$|EPERM$|ENOSPC$|ENOTDIR$|EEXIST$|ENOENT$)/.test(
    String(error.code),
  );
}
