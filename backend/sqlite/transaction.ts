import { SQLiteError, type Database, type Statement } from 'bun:sqlite';
import { AppError } from '../errors/app-error.ts';

/** How long a write waits for another process's write before it fails with STORE_UNAVAILABLE. */
const LONGEST_WAIT_MS = 5_000;
const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 100;
/** After a commit of this length, other requests run before its callers continue. */
const LONG_COMMIT_MS = 20;
/** Most works in one transaction: more would block other processes for too long. */
const LARGEST_GROUP = 256;
/**
 * A write of this size is committed alone. Several in one transaction would block other requests for their total time.
 */
const LARGE_BYTES = 1024 * 1024;

interface Work {
  run: () => unknown;
  isLarge: boolean;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

/** A database's works that wait for their commit, and its prepared statements. */
interface Queue {
  works: Work[];
  isFlushing: boolean;
  begin: Statement;
  commit: Statement;
  rollback: Statement;
}

const queues = new WeakMap<Database, Queue>();

/**
 * Runs `work` in a write transaction. Works of the same event loop turn are committed together (a commit costs more
 * than most works). One that throws does not affect the others; therefore `work` may run twice and must only change the
 * database. A work that writes more than 1 MiB says so in `bytes`. If another process locks the file, waits without
 * blocking the event loop. Throws AppError STORE_UNAVAILABLE if that takes too long, or if the disk is full or broken;
 * nothing is half-written.
 */
export function inTransaction<T>(database: Database, work: () => T, bytes = 0): Promise<T> {
  const queue = queueOf(database);
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  queue.works.push({
    run: work,
    isLarge: bytes > LARGE_BYTES,
    resolve: (value) => resolve(value as T),
    reject,
  });
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
    const group = queue.works.splice(0, groupSize(queue.works));
    const began = performance.now();
    const settle = await commitWhenFree(database, queue, group);
    if (performance.now() - began > LONG_COMMIT_MS) await new Promise(setImmediate);
    for (const tell of settle) tell();
  }
  queue.isFlushing = false;
}

/** The most writes that are committed together. */
function groupSize(works: readonly Work[]): number {
  const large = works.findIndex(({ isLarge }) => isLarge);
  return Math.min(large === -1 ? works.length : Math.max(1, large), LARGEST_GROUP);
}

/**
 * Returns a function for each work that tells its caller the result, to be called after the transaction; never throws.
 */
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
    // Jitter, so that two waiting processes don't keep colliding.
    await Bun.sleep(pauseMs * (0.5 + Math.random()));
  }
}

/** If a work throws, all run again, each in its own savepoint: most groups need none. */
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
    // SQLite may already have ended the transaction (disk full).
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
    // SQLite may have ended the whole transaction (disk full).
    if (!database.inTransaction) throw error;
    const storeError = asStoreError(error);
    return () => work.reject(storeError);
  }
}

/** Runs a read and converts SQLite's failures to errors for callers. */
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
