import { SQLiteError, type Database } from 'bun:sqlite';
import { AppError } from '../../errors/app-error.ts';

/** How long a write waits for another process's write before the caller is told. */
const LONGEST_WAIT_MS = 5_000;
const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 100;

const codeOf = (error: unknown): string =>
  error instanceof SQLiteError ? (error.code ?? 'SQLITE_UNKNOWN') : '';
const isBusy = (error: unknown): boolean => /^SQLITE_(BUSY|LOCKED)/.test(codeOf(error));

/**
 * Runs `work` as one write transaction. Where another process holds the file, waits without holding up the event loop.
 * Throws AppError STORE_UNAVAILABLE when that takes too long, or when the disk is full or broken; nothing is half-written.
 */
export async function inTransaction<T>(database: Database, work: () => T): Promise<T> {
  const giveUpAt = performance.now() + LONGEST_WAIT_MS;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return database.transaction(work).immediate();
    } catch (error) {
      if (!isBusy(error) || performance.now() > giveUpAt) throw asStoreError(error);
    }
    // Jitter, so that two waiting processes don't keep meeting.
    await Bun.sleep(pauseMs * (0.5 + Math.random()));
  }
}

/** Runs a read, with SQLite's failures turned into what a caller may see. */
export function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw asStoreError(error);
  }
}

function asStoreError(error: unknown): unknown {
  if (!codeOf(error)) return error;
  const detail =
    codeOf(error) === 'SQLITE_FULL'
      ? 'The session store is full: nothing was stored.'
      : 'The session store did not answer in time: nothing was stored.';
  return new AppError('STORE_UNAVAILABLE', detail, { cause: error, headers: { 'retry-after': '2' } });
}
