import type { Firestore } from './client/firestore.ts';
import type { DocumentReference } from './client/references.ts';
import type { Transaction } from './client/transaction.ts';
import { expect, test } from 'bun:test';
import { deleteDocuments } from './delete-documents.ts';

const documents = Array.from({ length: 1_100 }, (_, id) => ({ id }) as unknown as DocumentReference);

/** A database that accepts at most this many deletes per commit. */
function database(largest: number, refusal = 'Transaction too big. Decrease transaction size.') {
  const commits: unknown[][] = [];
  const db = {
    async runTransaction(work: (transaction: Transaction) => Promise<unknown>) {
      const deleted: unknown[] = [];
      await work({ delete: (document: unknown) => deleted.push(document) } as unknown as Transaction);
      if (deleted.length > largest) throw Object.assign(new Error(refusal), { code: 3 });
      commits.push(deleted);
    },
  } as unknown as Firestore;
  return { db, commits };
}
const { signal } = new AbortController();

test('deletes 500 documents per commit, fewer if Firestore says that a commit is too big', async () => {
  const all = database(500);
  await deleteDocuments(all.db, documents, signal);
  expect(all.commits.map(({ length }) => length)).toEqual([500, 500, 100]);
  const few = database(70);
  await deleteDocuments(few.db, documents, signal);
  expect(few.commits.flat()).toEqual(documents);
  expect(Math.max(...few.commits.map(({ length }) => length))).toBe(63);
});

test('throws any other refusal, and stops once nobody waits', async () => {
  const other = database(0, 'Something else.');
  expect(await deleteDocuments(other.db, documents, signal).catch(String)).toContain('Something else.');
  const { db, commits } = database(500);
  expect(await deleteDocuments(db, documents, AbortSignal.abort()).catch((error) => error.code)).toBe(
    'STORE_UNAVAILABLE',
  );
  expect(commits).toEqual([]);
});
