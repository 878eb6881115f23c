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

/** A database. Its methods are those of Google's client as far as the service uses them. */
export class Firestore implements Database {
  readonly databaseId: string;
  readonly root: string;
  readonly channel: Channel;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor({ projectId, databaseId, channel }: FirestoreOptions) {
    this.databaseId = databaseId;
    this.root = `projects/${projectId}/databases/${databaseId}/documents`;
    this.channel = { call: (verb, target, body) => this.#track(channel.call(verb, target, body)) };
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
