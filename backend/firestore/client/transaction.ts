import { FirestoreError } from './channel.ts';
import { commit, type Database, type Within } from './database.ts';
import {
  type DocumentReference,
  type DocumentSnapshot,
  Query,
  type QuerySnapshot,
  readDocuments,
} from './references.ts';
import type { Timestamp } from './special-values.ts';
import type { DocumentData } from './values.ts';
import {
  createWrite,
  deleteWrite,
  setWrite,
  updateWrite,
  type Precondition,
  type SetOptions,
  type Write,
} from './writes.ts';

/** Writes that are stored together. */
export class WriteBatch {
  readonly database: Database;
  readonly writes: Write[] = [];
  protected writtenAt: readonly Timestamp[] = [];

  constructor(database: Database) {
    this.database = database;
  }

  /** Replaces or creates a document. */
  set({ name }: DocumentReference, data: DocumentData, options?: SetOptions): this {
    return this.#add(setWrite(name, data, options));
  }

  /** Refused if there is a document already. */
  create({ name }: DocumentReference, data: DocumentData): this {
    return this.#add(createWrite(name, data));
  }

  /** Replaces fields; refused if there is no document. */
  update({ name }: DocumentReference, data: DocumentData, precondition?: Precondition): this {
    return this.#add(updateWrite(name, data, precondition));
  }

  delete({ name }: DocumentReference, precondition?: Precondition): this {
    return this.#add(deleteWrite(name, precondition));
  }

  /** Returns the time of each written document, in the order of the writes. */
  async commit(): Promise<Timestamp[]> {
    return (this.writtenAt = await commit(this.database, this.writes));
  }

  /** The time of a document that was written and committed here; undefined if it was not, or was deleted. */
  timeOf({ name }: DocumentReference): Timestamp | undefined {
    return this.writtenAt[this.writes.findIndex(({ update }) => update?.name === name)];
  }

  /** The latest of these times: Firestore's time of the commit, unless it has changed nothing. */
  get newest(): Timestamp | undefined {
    return this.writtenAt.toSorted((a, b) => (a < b ? 1 : -1))[0];
  }

  #add(write: Write): this {
    this.writes.push(write);
    return this;
  }
}

/** One attempt of a transaction: first reads, then writes. The first read begins it. */
export class Transaction extends WriteBatch {
  readonly #retryOf: string | undefined;
  #id: Promise<string> | undefined;

  constructor(database: Database, retryOf: string | undefined) {
    super(database);
    this.#retryOf = retryOf;
  }

  async get(what: DocumentReference): Promise<DocumentSnapshot>;
  async get(what: Query): Promise<QuerySnapshot>;
  async get(what: DocumentReference | Query): Promise<DocumentSnapshot | QuerySnapshot> {
    if (what instanceof Query) return (await this.#read((within) => what.run(within))).found;
    return (await this.getAll(what))[0]!;
  }

  async getAll(...references: DocumentReference[]): Promise<DocumentSnapshot[]> {
    return (await this.#read((within) => readDocuments(this.database, references, within))).snapshots;
  }

  override async commit(): Promise<Timestamp[]> {
    const id = await this.#id;
    if (id === undefined && this.writes.length === 0) return [];
    return (this.writtenAt = await commit(this.database, this.writes, id));
  }

  /** Releases what it has locked, without waiting for it. Returns its id, if it has begun. */
  async rollback(): Promise<string | undefined> {
    const id = await this.#id?.catch(() => undefined);
    const { channel, root } = this.database;
    // Firestore also ends it by itself.
    if (id !== undefined) channel.call('rollback', root, { transaction: id }).catch(() => undefined);
    return id;
  }

  async #read<T extends { transaction?: string }>(read: (within: Within) => Promise<T>): Promise<T> {
    if (this.writes.length > 0) throw new Error('A transaction reads before it writes.');
    if (this.#id) return read({ transaction: await this.#id });
    const readWrite = this.#retryOf === undefined ? {} : { retryTransaction: this.#retryOf };
    const reading = read({ newTransaction: { readWrite } });
    this.#id = reading.then(({ transaction }) => {
      if (transaction === undefined) throw new Error('Firestore began no transaction.');
      return transaction;
    });
    // The read itself fails too.
    this.#id.catch(() => undefined);
    return reading;
  }
}

export interface TransactionOptions {
  /** Default: 5. */
  maxAttempts?: number;
}

const DEFAULT_ATTEMPTS = 5;
const FIRST_PAUSE_MS = 100;
const PAUSE_GROWTH = 1.5;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Runs `work` and commits, again from the beginning if Firestore refuses because of another transaction, or did not
 * answer. `work` may run several times, and an attempt whose response was lost may have been stored.
 */
export async function runTransaction<T>(
  database: Database,
  work: (transaction: Transaction) => Promise<T>,
  { maxAttempts = DEFAULT_ATTEMPTS }: TransactionOptions = {},
): Promise<T> {
  let before: string | undefined;
  let pauseMs = FIRST_PAUSE_MS;
  for (let attempt = 1; ; attempt++) {
    const transaction = new Transaction(database, before);
    try {
      const result = await work(transaction);
      await transaction.commit();
      return result;
    } catch (error) {
      before = (await transaction.rollback()) ?? before;
      if (attempt >= maxAttempts || !isWorthRetrying(error)) throw error;
      // After an exceeded quota a retry soon would be refused as well.
      if ((error as FirestoreError).is('RESOURCE_EXHAUSTED')) pauseMs = LONGEST_PAUSE_MS;
      await Bun.sleep(pauseMs * (0.5 + Math.random()));
      pauseMs = Math.min(pauseMs * PAUSE_GROWTH, LONGEST_PAUSE_MS);
    }
  }
}

function isWorthRetrying(error: unknown): boolean {
  if (!(error instanceof FirestoreError)) return false;
  if (error.is('INVALID_ARGUMENT')) return /transaction has expired/i.test(error.message);
  return error.is(
    'ABORTED',
    'CANCELLED',
    'UNKNOWN',
    'DEADLINE_EXCEEDED',
    'INTERNAL',
    'UNAVAILABLE',
    'UNAUTHENTICATED',
    'RESOURCE_EXHAUSTED',
  );
}
