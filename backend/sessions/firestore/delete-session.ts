import type { Firestore } from '@google-cloud/firestore';
import type { CompositeSessionKey } from '../session-store.ts';
import { eventsOf, sessionOf } from './paths.ts';

/** Firestore's limit of writes in one commit. */
const LARGEST_BATCH = 500;

/**
 * Deletes a session with its events in google-adk's order: marked first, so that nobody appends any more, the document
 * last, so that a deletion that broke off can be asked for again.
 */
export async function deleteSession(db: Firestore, key: CompositeSessionKey): Promise<void> {
  const session = sessionOf(db, key);
  const exists = await db.runTransaction(async (transaction) => {
    const { exists: isThere } = await transaction.get(session);
    if (isThere) transaction.update(session, { status: 'DELETING' });
    return isThere;
  });
  if (!exists) return;
  for (;;) {
    const { docs } = await eventsOf(session).select().limit(LARGEST_BATCH).get();
    if (docs.length === 0) break;
    const batch = db.batch();
    for (const { ref } of docs) batch.delete(ref);
    await batch.commit();
  }
  await session.delete();
}
