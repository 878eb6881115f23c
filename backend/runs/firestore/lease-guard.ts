import type { Firestore } from '../../firestore/client/firestore.ts';
import type { DocumentReference, DocumentSnapshot } from '../../firestore/client/references.ts';
import { AppError } from '../../errors/app-error.ts';
import { sessionBusy } from '../../errors/session-busy.ts';
import { deleteDocuments } from '../../firestore/delete-documents.ts';
import type { CompositeSessionKey } from '../../sessions/session-store.ts';
import type { WriterGuard } from '../../sessions/writer-guard.ts';
import { HeldLeases, type HeldLease } from './held-leases.ts';
import { isFree, readLease, type LeaseDocument } from './lease-document.ts';
import { framesOf, leaseOf, runsOf, sessionName } from './paths.ts';

/** Allows an event to be stored by the holder of the session's lease only, or by anyone while there is none. */
export class LeaseGuard implements WriterGuard {
  readonly held = new HeldLeases();
  readonly #db: Firestore;

  constructor(db: Firestore) {
    this.#db = db;
  }

  leaseOf(session: CompositeSessionKey): DocumentReference {
    return leaseOf(this.#db, session);
  }

  heldBy(token: number | undefined): HeldLease | undefined {
    return token === undefined ? undefined : this.held.get(token);
  }

  assertMayWrite(snapshot: DocumentSnapshot, token: number | undefined): void {
    const lease = readLease(snapshot);
    if (token === undefined) {
      if (lease && !isFree(lease, snapshot.readTime)) throw sessionBusy(knownRunOf(lease));
    } else if (lease?.token !== token) throw new AppError('LEASE_LOST');
  }

  async forget(session: CompositeSessionKey, signal: AbortSignal): Promise<void> {
    const runs = await runsOf(this.#db).where('session', '==', sessionName(session)).select().get();
    const frames = await Promise.all(runs.docs.map(({ ref }) => framesOf(ref).select().get()));
    const documents = [
      leaseOf(this.#db, session),
      ...frames.flatMap(({ docs }) => docs.map(({ ref }) => ref)),
      ...runs.docs.map(({ ref }) => ref),
    ];
    await deleteDocuments(this.#db, documents, signal);
  }
}

/** The blocking run, if clients can attach to it here. */
export function knownRunOf({ canBeTakenOver, runId }: LeaseDocument): string | undefined {
  return canBeTakenOver ? runId : undefined;
}
