import { AppError } from '../../errors/app-error.ts';
import { FirestoreError } from '../../firestore/client/channel.ts';
import type { Firestore } from '../../firestore/client/firestore.ts';
import type { DocumentSnapshot } from '../../firestore/client/references.ts';
import { FieldValue } from '../../firestore/client/special-values.ts';
import type { Transaction, WriteBatch } from '../../firestore/client/transaction.ts';
import { transact } from '../../firestore/transact.ts';
import type { CompositeSessionKey } from '../session-store.ts';
import { setFields, type SharedChange } from './append-event.ts';
import { sessionOf } from './paths.ts';

export interface NewSession {
  key: CompositeSessionKey;
  /** Whether its id was made here, so that nobody else can have it. */
  isOwnId: boolean;
  /** The session's own state, as JSON. */
  state: string;
  /** Of the states of its app and of its user, which other sessions may change at the same time. */
  changes: readonly SharedChange[];
  signal: AbortSignal;
}

/** Stores a session without events: in one call if nobody else can write the same. Throws SESSION_EXISTS. */
export async function createSession(db: Firestore, session: NewSession): Promise<void> {
  const { key, isOwnId, state, changes, signal } = session;
  const document = sessionOf(db, key);
  const create = (batch: WriteBatch): void => {
    for (const [reference, values] of changes) setFields(batch, reference, values);
    const now = FieldValue.serverTimestamp();
    const { sessionId: id, appName, userId } = key;
    batch.create(document, { id, appName, userId, state, createTime: now, updateTime: now, revision: 0 });
  };
  if (isOwnId && changes.length === 0) {
    const batch = db.batch();
    create(batch);
    await batch.commit().catch((error: unknown) => {
      // An earlier attempt, whose response was lost, has stored it.
      if (!(error instanceof FirestoreError && error.is('ALREADY_EXISTS'))) throw error;
    });
    return;
  }
  let attempts = 0;
  const createUnlessThere = async (transaction: Transaction): Promise<void> => {
    const stored = await transaction.get(document);
    // The same.
    if (attempts++ > 0 && isAsCreated(stored, state)) return;
    if (stored.exists) throw new AppError('SESSION_EXISTS', `Session already exists: ${key.sessionId}`);
    create(transaction);
  };
  await transact(db, createUnlessThere, { signal });
}

/** Whether the stored session equals a new session with this state. */
function isAsCreated(stored: DocumentSnapshot, state: string): boolean {
  return stored.exists && stored.get('revision') === 0 && stored.get('state') === state;
}
