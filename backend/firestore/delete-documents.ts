import type { Firestore } from './client/firestore.ts';
import type { DocumentReference } from './client/references.ts';
import { transact } from './transact.ts';

/** Firestore's limit of writes per commit. */
const LARGEST_BATCH = 500;
/** gRPC code of a commit that is too big. */
const INVALID_ARGUMENT = 3;

/**
 * Deletes documents in as few commits as possible, one after the other. Firestore limits a commit by the bytes of the
 * deleted documents and by their index entries, neither of which is known here, so a commit that is refused as too big
 * is halved.
 */
export async function deleteDocuments(
  db: Firestore,
  documents: readonly DocumentReference[],
  signal: AbortSignal,
): Promise<void> {
  let largest = LARGEST_BATCH;
  for (let from = 0; from < documents.length;) {
    const batch = documents.slice(from, from + largest);
    try {
      // Batches are deleted one after the other: if one fails, the next attempt finds the rest.
      await transact(
        db,
        async (transaction) => batch.forEach((document) => void transaction.delete(document)),
        { signal },
      );
      from += batch.length;
    } catch (error) {
      if (!isTooBig(error) || batch.length === 1) throw error;
      largest = Math.ceil(batch.length / 2);
    }
  }
}

function isTooBig(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === INVALID_ARGUMENT &&
    /too big|too large|exceeds|too many/i.test(error.message)
  );
}
