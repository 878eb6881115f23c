import type { Firestore } from '../../firestore/client/firestore.ts';
import type { DocumentReference, DocumentSnapshot, Query } from '../../firestore/client/references.ts';
import { FieldPath } from '../../firestore/client/special-values.ts';
import { AppError } from '../../errors/app-error.ts';
import { calling } from '../../firestore/calling.ts';
import { isDocumentId } from '../../firestore/storable.ts';
import { hasEnded } from '../run.ts';
import type { ActiveRun, ActiveRunPage, Maintenance, OperatorStore, RunFilter } from '../operator-store.ts';
import { readLease, type LeaseDocument } from './lease-document.ts';
import { leasesOf, maintenanceOf, runsOf } from './paths.ts';
import { readRun } from './run-document.ts';

/** The fields shown of a run: its request may be large. */
const SHOWN = [
  'appName',
  'userId',
  'sessionId',
  'invocationId',
  'state',
  'owner',
  'takeovers',
  'startedMs',
  'expireTime',
];

/** OperatorStore beside FirestoreRunStore. It reads only on request. */
export class FirestoreOperatorStore implements OperatorStore {
  readonly #db: Firestore;

  constructor(db: Firestore) {
    this.#db = db;
  }

  /** One read per lease on the page and one per run of each. */
  async activeRuns({ appName, userId }: RunFilter, limit: number, cursor?: string): Promise<ActiveRunPage> {
    if (cursor !== undefined && !isDocumentId(cursor)) throw new AppError('BAD_CURSOR');
    // Only equality filters, ordered by name: Firestore's single-field indexes suffice. The turns of gcp-agent end with
    // their connections, so its leases have no run that could be cancelled from here.
    let leases: Query = leasesOf(this.#db).where('canBeTakenOver', '==', true);
    if (appName !== undefined) leases = leases.where('appName', '==', appName);
    if (userId !== undefined) leases = leases.where('userId', '==', userId);
    leases = leases.orderBy(FieldPath.documentId()).limit(limit);
    const page = cursor === undefined ? leases : leases.startAfter(cursor);
    return calling(async () => {
      const { docs } = await page.get();
      const held = docs.flatMap((document) => {
        const lease = readLease(document);
        return lease ? [lease, ...lease.queued.map(({ runId }) => ({ ...lease, runId }))] : [];
      });
      const runs = await this.#runsOf(held);
      const last = docs.at(-1);
      return { runs, ...(last && docs.length === limit ? { next: last.id } : {}) };
    });
  }

  async keepStopSentence(runId: string, sentence: string): Promise<void> {
    if (!isDocumentId(runId)) return;
    await calling(async () => {
      const run = runsOf(this.#db).doc(runId);
      // Only updates an existing document, because a document with only a sentence would not be a run.
      if ((await run.get()).exists) await run.update({ stopSentence: sentence });
    });
  }

  async stopSentence(runId: string): Promise<string | undefined> {
    return calling(async () => {
      const [run] = await this.#db.getAll(runsOf(this.#db).doc(runId), { fieldMask: ['stopSentence'] });
      return run?.data()?.['stopSentence'] as string | undefined;
    });
  }

  async maintenance(): Promise<Maintenance | undefined> {
    return calling(async () => readMaintenance(await this.#maintenance.get()));
  }

  async setMaintenance(maintenance: Maintenance | undefined): Promise<void> {
    await calling(async () =>
      maintenance ? this.#maintenance.set({ ...maintenance }) : this.#maintenance.delete(),
    );
  }

  get #maintenance(): DocumentReference {
    return maintenanceOf(this.#db);
  }

  async #runsOf(held: readonly LeaseDocument[]): Promise<ActiveRun[]> {
    if (held.length === 0) return [];
    const references = held.map(({ runId }) => runsOf(this.#db).doc(runId));
    const runs = await this.#db.getAll(...references, { fieldMask: SHOWN });
    return held.flatMap((lease, index) => toActiveRun(lease, runs[index]!) ?? []);
  }
}

function toActiveRun(lease: LeaseDocument, snapshot: DocumentSnapshot): ActiveRun | undefined {
  const run = readRun(snapshot);
  if (!run || hasEnded(run.state)) return undefined;
  const { id, session, invocationId, state, owner, takeovers, startedMs } = run;
  const isQueued = state === 'queued';
  const { tokens, eventMs } = isQueued ? { tokens: 0, eventMs: undefined } : lease;
  return {
    id,
    session,
    invocationId,
    state: isQueued ? 'queued' : 'running',
    owner: isQueued ? '' : owner,
    takeovers,
    isCancelRequested: !isQueued && lease.isCancelRequested,
    startedMs,
    tokens,
    ...(eventMs === undefined ? {} : { eventMs }),
  };
}

function readMaintenance(snapshot: DocumentSnapshot): Maintenance | undefined {
  const data = snapshot.data();
  if (!data) return undefined;
  return {
    sentence: data['sentence'],
    retryAfterSeconds: data['retryAfterSeconds'],
    sinceMs: data['sinceMs'],
    by: data['by'],
  };
}
