import type { Firestore } from '@google-cloud/firestore';
import { deleteDocuments } from '../../firestore/delete-documents.ts';
import { transact } from '../../firestore/transact.ts';
import type { CompositeSessionKey } from '../session-store.ts';
import { eventsOf, sessionOf } from './paths.ts';

/** Events looked up at once. */
const LARGEST_PAGE = 500;
const DELETING = { status: 'DELETING' };

/**
 * Deletes a session with its events in google-adk's order: marked first, so that nobody appends any more, the document
 * last, so that a deletion that broke off can be asked for again.
 */
export async function deleteSession(
  db: Firestore,
  key: CompositeSessionKey,
  signal: AbortSignal,
): Promise<void> {
  const session = sessionOf(db, key);
  const exists = await transact(
    db,
    async (transaction) => {
      const stored = await transaction.get(session);
      if (stored.exists) transaction.update(session, DELETING);
      return stored.exists;
    },
    { signal },
  );
  if (!exists) return;
  for (;;) {
    const { docs } = await eventsOf(session).select().limit(LARGEST_PAGE).get();
    if (docs.length === 0) break;
    await deleteDocuments(
      db,
      docs.map(({ ref }) => ref),
      signal,
    );
  }
  await transact(
    db,
    async (transaction) => {
      // Whoever deleted it meanwhile may have made another one of the same name.
      const isMarked = (await transaction.get(session)).get('status') === DELETING.status;
      if (isMarked) transaction.delete(session);
    },
    { signal },
  );
}
