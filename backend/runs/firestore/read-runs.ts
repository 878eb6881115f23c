import type { Firestore } from '../../firestore/client/firestore.ts';
import { FieldPath } from '../../firestore/client/special-values.ts';
import { isDocumentId } from '../../firestore/storable.ts';
import type { CompositeSessionKey } from '../../sessions/session-store.ts';
import type { RunRecord, StoredFrames } from '../run-store.ts';
import { firstName, lastIndex, readFrames } from './frame-documents.ts';
import { readLease } from './lease-document.ts';
import { framesOf, leaseOf, runsOf, sessionName } from './paths.ts';
import { readRun } from './run-document.ts';
import type { StoreCalls } from './store-calls.ts';

/** The part of RunStore that reads runs and their frames. */
export class RunReader {
  readonly #db: Firestore;
  readonly #calls: StoreCalls;

  constructor(db: Firestore, calls: StoreCalls) {
    this.#db = db;
    this.#calls = calls;
  }

  async get(runId: string): Promise<RunRecord | undefined> {
    if (!isDocumentId(runId)) return undefined;
    return this.#calls.call(async () => readRun(await runsOf(this.#db).doc(runId).get()));
  }

  async running(session: CompositeSessionKey): Promise<RunRecord | undefined> {
    const lease = await this.#calls.call(async () => readLease(await leaseOf(this.#db, session).get()));
    return lease?.canBeTakenOver ? this.get(lease.runId) : undefined;
  }

  async list(session: CompositeSessionKey, limit: number): Promise<RunRecord[]> {
    return this.#calls.call(async () => {
      const ofSession = runsOf(this.#db).where('session', '==', sessionName(session));
      const { docs } = await ofSession.orderBy('startedMs', 'desc').limit(limit).get();
      return docs.flatMap((run) => readRun(run) ?? []);
    });
  }

  /** One read for the run and one for each batch from `fromIndex` on, at least two in total. */
  async frames(runId: string, fromIndex: number): Promise<StoredFrames | undefined> {
    if (!isDocumentId(runId)) return undefined;
    return this.#calls.call(async () => {
      const run = runsOf(this.#db).doc(runId);
      // Read the run first: a reader that has seen its end then sees everything stored before it.
      const record = readRun(await run.get());
      if (!record) return undefined;
      const { docs } = await framesOf(run)
        .orderBy(FieldPath.documentId())
        .startAt(firstName(fromIndex))
        .get();
      return { frames: readFrames(docs, fromIndex), state: record.state };
    });
  }

  async frameCount(runId: string): Promise<number> {
    if (!isDocumentId(runId)) return 0;
    const newest = framesOf(runsOf(this.#db).doc(runId)).orderBy('first', 'desc').limit(1).select();
    const { docs } = await this.#calls.call(() => newest.get());
    return docs[0] ? lastIndex(docs[0].id) + 1 : 0;
  }
}
