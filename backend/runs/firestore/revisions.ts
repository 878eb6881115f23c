import type { Firestore } from '../../firestore/client/firestore.ts';
import { FieldValue, Timestamp } from '../../firestore/client/special-values.ts';
import { transact } from '../../firestore/transact.ts';
import { expireTime } from './lease-document.ts';
import { revisionsOf } from './paths.ts';

/** Longer than a revision stays deployed without a restart of any of its tasks. */
const KEPT_MS = 90 * 24 * 60 * 60_000;

/** Which revisions of the service run, and since when, by Firestore's clock. */
export class Revisions {
  readonly #db: Firestore;

  constructor(db: Firestore) {
    this.#db = db;
  }

  /** The first call counts; later ones only keep the revision from expiring. */
  async note(revision: string, signal: AbortSignal): Promise<void> {
    const document = this.#document(revision);
    await transact(
      this.#db,
      async (transaction) => {
        const { exists } = await transaction.get(document);
        const kept = { expireTime: expireTime(Date.now() + KEPT_MS) };
        if (exists) transaction.update(document, kept);
        else transaction.set(document, { ...kept, since: FieldValue.serverTimestamp() });
      },
      { signal },
    );
  }

  /** When the first newer one was recorded, in milliseconds. */
  async newerSince(revision: string): Promise<number | undefined> {
    const since: unknown = (await this.#document(revision).get()).get('since');
    if (!(since instanceof Timestamp)) return undefined;
    const newer = revisionsOf(this.#db).where('since', '>', since).orderBy('since').limit(1);
    const first: unknown = (await newer.get()).docs[0]?.get('since');
    return first instanceof Timestamp ? first.toMillis() : undefined;
  }

  #document(revision: string) {
    return revisionsOf(this.#db).doc(encodeURIComponent(revision));
  }
}
