import { status } from '@lornu/standins/firestore/rpc-error.ts';
import { expect } from 'bun:test';
import type { ConformanceCase } from './conformance-cases.ts';
import { int, type ConformanceDb } from './conformance-db.ts';

const write = (db: ConformanceDb, path: string, value: number) => [
  { update: { name: db.path(path), fields: { v: int(value) } } },
];
const valueOf = async (db: ConformanceDb, path: string) => (await db.get(path))?.fields['v']?.integerValue;

/** Whether the first was still waiting when the second began, 300 ms later; returns when both have ended. */
async function waits(first: Promise<unknown>, second: () => Promise<unknown>): Promise<boolean> {
  let isOver = false;
  const ending = first.then(() => (isOver = true));
  await Bun.sleep(300);
  const waited = !isOver;
  await Promise.all([ending, second()]);
  return waited;
}

/** Transactions of a pessimistic database. https://cloud.google.com/firestore/docs/transaction-data-contention */
export const LOCKS: readonly ConformanceCase[] = [
  ...['locks/there', 'locks/missing'].map((path) => ({
    title: `a plain write waits for the transaction that read the document (${path}); reading outside does not`,
    ask: async (db: ConformanceDb) => {
      await db.set('locks/there', { v: int(0) });
      const transaction = await db.begin();
      await db.get(path, transaction);
      const plain = db.set(path, { v: int(2) });
      await db.get(path);
      const waited = await waits(plain, () => db.commit(write(db, path, 1), transaction));
      return [waited, await valueOf(db, path)];
    },
    is: [true, '2'],
  })),
  {
    title: 'a commit waits for another transaction that read the document, until that is rolled back',
    ask: async (db) => {
      await db.set('locks/l', { v: int(0) });
      const [own, other] = [await db.begin(), await db.begin()];
      await db.get('locks/l', own);
      await db.get('locks/l', other);
      const committed = db.commit(write(db, 'locks/l', 1), own);
      return waits(committed, () => db.rollback(other));
    },
    is: true,
  },
  {
    title: 'of two that read and then write the same document, one is stored and one is told ABORTED',
    ask: async (db) => {
      await db.set('locks/l', { v: int(0) });
      const both = [await db.begin(), await db.begin()];
      for (const one of both) await db.get('locks/l', one);
      const told = await Promise.all(
        both.map((one, index) => db.codeOf(db.commit(write(db, 'locks/l', index + 1), one))),
      );
      return [told.includes(status.ABORTED), told.filter((one) => one === 'OK').length];
    },
    is: [true, 1],
    googleEmulator: {
      is: [true, expect.any(Number)],
      because: 'it knows no deadlock: each waits for 2 s, and both may lose',
    },
  },
  {
    title: 'a transaction that has ended, or never was, is an invalid argument',
    ask: async (db) => {
      const transaction = await db.begin();
      await db.commit([], transaction);
      return [
        await db.codeOf(db.commit(write(db, 'locks/l', 1), transaction)),
        await db.codeOf(db.get('locks/l', Buffer.from('nonsense'))),
      ];
    },
    is: [status.INVALID_ARGUMENT, status.INVALID_ARGUMENT],
  },
  {
    title: 'a commit that is refused ends its transaction, and gives its locks back',
    ask: async (db) => {
      await db.set('locks/l', { v: int(0) });
      const transaction = await db.begin();
      await db.get('locks/l', transaction);
      const currentDocument = { exists: false };
      const refused = db.commit(
        write(db, 'locks/l', 1).map((one) => ({ ...one, currentDocument })),
        transaction,
      );
      return [
        await db.codeOf(refused),
        await db.codeOf(db.set('locks/l', { v: int(2) })),
        await db.codeOf(db.commit([], transaction)),
      ];
    },
    is: [status.ALREADY_EXISTS, 'OK', status.INVALID_ARGUMENT],
  },
];
