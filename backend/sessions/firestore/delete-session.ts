import type { Firestore } from '../../firestore/client/firestore.ts';
import type { DocumentSnapshot } from '../../firestore/client/references.ts';
import { deleteDocuments } from '../../firestore/delete-documents.ts';
import { transact } from '../../firestore/transact.ts';
import type { CompositeSessionKey } from '../session-store.ts';
import { eventsOf, sessionOf } from './paths.ts';

/** Events queried at once. */
const LARGEST_PAGE = 500;
const DELETING = { status: 'DELETING' };

/**
 * Deletes a session with its events in google-adk's order: it is marked first, so that nobody appends any more, and its
 * document goes last, so that an interrupted deletion can be repeated. Returns the session's document as it was; undefined
 * if there was none.
 */
export async function deleteSession(
  db: Firestore,
  key: CompositeSessionKey,
  signal: AbortSignal,
): Promise<DocumentSnapshot | undefined> {
  const session = sessionOf(db, key);
  const before = await transact(
    db,
    async (transaction) => {
      const stored = await transaction.get(session);
      if (stored.exists) transaction.update(session, DELETING);
      return stored;
    },
    { signal },
  );
  if (!before.exists) return undefined;
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
      // If someone else has deleted it meanwhile, there may be a new session of the same name.
      const isMarked = (await transaction.get(session)).get('status') === DELETING.status;
      if (isMarked) transaction.delete(session);
    },
    { signal },
  );
  return before;
}
