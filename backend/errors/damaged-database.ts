import { SQLiteError } from 'bun:sqlite';

/** A file that is not an SQLite database, or is damaged. The operator has to fix it, so only its message is shown. */
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

/** Runs what opens the file; where that finds it damaged, the error names the file and what to do. */
export function openingDatabase<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    if (isDamage(error)) throw new DamagedDatabaseError(path, error);
    throw error;
  }
}

/** Damage does not pass by waiting. https://sqlite.org/rescode.html#corrupt, #notadb; extended codes hold the main one in their name. */
export function isDamage(error: unknown): error is SQLiteError {
  return error instanceof SQLiteError && /^SQLITE_(?:CORRUPT|NOTADB)/.test(error.code ?? '');
}
