import { CallLimit } from './call-limit.ts';
import type { Channel, Row } from './channel.ts';
import type { Database } from './database.ts';
import {
  CollectionReference,
  DocumentReference,
  type DocumentSnapshot,
  type Query,
  collectionGroup,
  readDocuments,
} from './references.ts';
import { runTransaction, type Transaction, type TransactionOptions, WriteBatch } from './transaction.ts';

export interface FirestoreOptions {
  projectId: string;
  databaseId: string;
  channel: Channel;
}

/**
 * Calls at the same time: more than a process needs for all that its CPU can do. An overloaded process would otherwise
 * send thousands, and a heartbeat would wait behind them at the database.
 */
const MOST_CALLS = 64;

/** A database. Its methods are those of Google's client as far as the service uses them. */
export class Firestore implements Database {
  readonly databaseId: string;
  readonly root: string;
  readonly channel: Channel;
  /** The same database for what must not wait for other calls: heartbeats. */
  readonly ahead: Firestore;
  readonly #underWay: Set<Promise<unknown>>;

  constructor(options: FirestoreOptions, ordinary?: Firestore) {
    const { projectId, databaseId, channel } = options;
    this.databaseId = databaseId;
    this.root = `projects/${projectId}/databases/${databaseId}/documents`;
    this.#underWay = ordinary ? ordinary.#underWay : new Set();
    const limit = new CallLimit(MOST_CALLS);
    this.channel = {
      call: (verb, target, body) => {
        const call = () => channel.call(verb, target, body);
        // A transaction that has begun may hold locks for which others wait.
        const isAtOnce = ordinary !== undefined || 'transaction' in body;
        return this.#track(isAtOnce ? call() : limit.run(call));
      },
    };
    this.ahead = ordinary ? this : new Firestore(options, this);
  }

  collection(path: string): CollectionReference {
    return new CollectionReference(this, path);
  }

  collectionGroup(id: string): Query {
    return collectionGroup(this, id);
  }

  doc(path: string): DocumentReference {
    return new DocumentReference(this, path);
  }

  /** The documents at one moment. */
  async getAll(
    ...asked: (DocumentReference | { fieldMask: readonly string[] })[]
  ): Promise<DocumentSnapshot[]> {
    const references = asked.filter((one) => one instanceof DocumentReference);
    const options = asked.find((one) => !(one instanceof DocumentReference));
    return (await readDocuments(this, references, options as { fieldMask: readonly string[] })).snapshots;
  }

  batch(): WriteBatch {
    return new WriteBatch(this);
  }

  async runTransaction<T>(
    work: (transaction: Transaction) => Promise<T>,
    options?: TransactionOptions,
  ): Promise<T> {
    return runTransaction(this, work, options);
  }

  /** Resolves when no call is under way. */
  async terminate(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }

  async #track(call: Promise<Row[]>): Promise<Row[]> {
    this.#underWay.add(call);
    try {
      return await call;
    } finally {
      this.#underWay.delete(call);
    }
  }
}
