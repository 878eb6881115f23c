import { SQLiteError, type Database } from 'bun:sqlite';
import { AppError } from '../../errors/app-error.ts';

/** How long a write waits for another process's write before the caller is told. */
const LONGEST_WAIT_MS = 5_000;
const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 100;
/** Works of one transaction: more would hold up other processes for too long. */
const LARGEST_GROUP = 256;

interface Work {
  run: () => unknown;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

interface Queue {
  works: Work[];
  isFlushing: boolean;
}

const queues = new WeakMap<Database, Queue>();

/**
 * Runs `work` as a write transaction. Works that are asked for in the same turn of the event loop are committed together
 * (a commit costs more than most works), each with its own savepoint: one that throws leaves the others alone.
 * Where another process holds the file, waits without holding up the event loop.
 * Throws AppError STORE_UNAVAILABLE when that takes too long, or when the disk is full or broken; nothing is half-written.
 */
export function inTransaction<T>(database: Database, work: () => T): Promise<T> {
  let queue = queues.get(database);
  if (!queue) queues.set(database, (queue = { works: [], isFlushing: false }));
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  queue.works.push({ run: work, resolve: (value) => resolve(value as T), reject });
  if (!queue.isFlushing) {
    queue.isFlushing = true;
    const waiting = queue;
    setImmediate(() => void flush(database, waiting));
  }
  return promise;
}

async function flush(database: Database, queue: Queue): Promise<void> {
  while (queue.works.length > 0) {
    const group = queue.works.splice(0, LARGEST_GROUP);
    const settle = await commitWhenFree(database, group);
    for (const tell of settle) tell();
  }
  queue.isFlushing = false;
}

/** What to tell each work's caller once the transaction is over; never throws. */
async function commitWhenFree(database: Database, group: readonly Work[]): Promise<(() => void)[]> {
  const giveUpAt = performance.now() + LONGEST_WAIT_MS;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return database.transaction(() => group.map((work) => attempt(database, work))).immediate();
    } catch (error) {
      if (!isBusy(error) || performance.now() > giveUpAt) {
        const told = asStoreError(error);
        return group.map((work) => () => work.reject(told));
      }
    }
    // Jitter, so that two waiting processes don't keep meeting.
    await Bun.sleep(pauseMs * (0.5 + Math.random()));
  }
}

function attempt(database: Database, work: Work): () => void {
  try {
    const value = database.transaction(work.run)();
    return () => work.resolve(value);
  } catch (error) {
    // A failure of SQLite itself (disk full) may have ended the whole transaction.
    if (!database.inTransaction) throw error;
    const told = asStoreError(error);
    return () => work.reject(told);
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

const codeOf = (error: unknown): string =>
  error instanceof SQLiteError ? (error.code ?? 'SQLITE_UNKNOWN') : '';
const isBusy = (error: unknown): boolean => /^SQLITE_(BUSY|LOCKED)/.test(codeOf(error));

function asStoreError(error: unknown): unknown {
  if (!codeOf(error)) return error;
  const detail =
    codeOf(error) === 'SQLITE_FULL'
      ? 'The session store is full: nothing was stored.'
      : 'The session store did not answer in time: nothing was stored.';
  return new AppError('STORE_UNAVAILABLE', detail, { cause: error, headers: { 'retry-after': '2' } });
}
