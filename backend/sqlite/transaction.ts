import { SQLiteError, type Database, type Statement } from 'bun:sqlite';
import { AppError } from '../errors/app-error.ts';

/** How long a write waits for another process's write before the caller is storeError. */
const LONGEST_WAIT_MS = 5_000;
const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 100;
/** After a commit that took so long other requests have their turn before its callers go on. */
const LONG_COMMIT_MS = 20;
/** Works of one transaction: more would hold up other processes for too long. */
const LARGEST_GROUP = 256;

interface Work {
  run: () => unknown;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

/** The works of one database that wait for their commit, and its statements, prepared once. */
interface Queue {
  works: Work[];
  isFlushing: boolean;
  begin: Statement;
  commit: Statement;
  rollback: Statement;
}

const queues = new WeakMap<Database, Queue>();

/**
 * Runs `work` as a write transaction. Works that are asked for in the same turn of the event loop are committed together
 * (a commit costs more than most works), and one that throws leaves the others alone: it may therefore run twice, and
 * changes nothing but the database. Where another process holds the file, waits without holding up the event loop.
 * Throws AppError STORE_UNAVAILABLE when that takes too long, or when the disk is full or broken; nothing is half-written.
 */
export function inTransaction<T>(database: Database, work: () => T): Promise<T> {
  const queue = queueOf(database);
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  queue.works.push({ run: work, resolve: (value) => resolve(value as T), reject });
  if (!queue.isFlushing) {
    queue.isFlushing = true;
    setImmediate(() => void flush(database, queue));
  }
  return promise;
}

function queueOf(database: Database): Queue {
  let queue = queues.get(database);
  if (!queue) {
    queue = {
      works: [],
      isFlushing: false,
      begin: database.prepare('BEGIN IMMEDIATE'),
      commit: database.prepare('COMMIT'),
      rollback: database.prepare('ROLLBACK'),
    };
    queues.set(database, queue);
  }
  return queue;
}

async function flush(database: Database, queue: Queue): Promise<void> {
  while (queue.works.length > 0) {
    const group = queue.works.splice(0, LARGEST_GROUP);
    const began = performance.now();
    const settle = await commitWhenFree(database, queue, group);
    if (performance.now() - began > LONG_COMMIT_MS) await new Promise(setImmediate);
    for (const tell of settle) tell();
  }
  queue.isFlushing = false;
}

/** What to tell each work's caller once the transaction is over; never throws. */
async function commitWhenFree(
  database: Database,
  queue: Queue,
  group: readonly Work[],
): Promise<(() => void)[]> {
  const giveUpAt = performance.now() + LONGEST_WAIT_MS;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return commit(database, queue, group);
    } catch (error) {
      if (!isBusy(error) || performance.now() > giveUpAt) {
        const storeError = asStoreError(error);
        return group.map((work) => () => work.reject(storeError));
      }
    }
    // Jitter, so that two waiting processes don't keep meeting.
    await Bun.sleep(pauseMs * (0.5 + Math.random()));
  }
}

/** Where a work throws, all run again, each with a savepoint of its own: most groups do without. */
function commit(database: Database, queue: Queue, group: readonly Work[]): (() => void)[] {
  try {
    return transact(database, queue, () => group.map(attempt));
  } catch (error) {
    if (codeOf(error)) throw error;
    return transact(database, queue, () => group.map((work) => attemptAlone(database, work)));
  }
}

function transact<T>(database: Database, { begin, commit: end, rollback }: Queue, work: () => T): T {
  begin.run();
  try {
    const value = work();
    end.run();
    return value;
  } catch (error) {
    // A failure of SQLite itself (disk full) may have ended it already.
    if (database.inTransaction) rollback.run();
    throw error;
  }
}

function attempt(work: Work): () => void {
  const value = work.run();
  return () => work.resolve(value);
}

function attemptAlone(database: Database, work: Work): () => void {
  try {
    const value = database.transaction(work.run)();
    return () => work.resolve(value);
  } catch (error) {
    // A failure of SQLite itself (disk full) may have ended the whole transaction.
    if (!database.inTransaction) throw error;
    const storeError = asStoreError(error);
    return () => work.reject(storeError);
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
      ? 'The disk is full: nothing was stored.'
      : 'The session store did not answer in time: nothing was stored.';
  return new AppError('STORE_UNAVAILABLE', detail, { cause: error, headers: { 'retry-after': '2' } });
}
