import { SQLiteError } from 'bun:sqlite';

/** The file is not an SQLite database or is damaged. The operator must fix it, so only the message is shown. */
export class DamagedDatabaseError extends Error {
  override readonly name = 'DamagedDatabaseError';

  constructor(path: string, cause: Error) {
    super(
      `The database ${path} cannot be opened (${cause.message}). Put a copy of it in its place, or move it away together ` +
        `with ${path}-wal and ${path}-shm: the service then starts with an empty one.`,
      { cause },
    );
  }
}

/** Runs code that opens the file; if it is damaged, the error names the file and the next step. */
export function openingDatabase<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    if (isDamage(error)) throw new DamagedDatabaseError(path, error);
    throw error;
  }
}

/**
 * Damage is permanent, unlike a lock. https://sqlite.org/rescode.html#corrupt, #notadb; extended codes contain the main
 * one in their name.
 */
export function isDamage(error: unknown): error is SQLiteError {
  return error instanceof SQLiteError && /^SQLITE_(?:CORRUPT|NOTADB)/.test(error.code ?? '');
}
