import { createFirestore } from './firestore/create-firestore.ts';
process.on('unhandledRejection', (e) => console.log('UNHANDLED', String(e)));
const db = createFirestore({ project: 'p', database: 'd', emulatorHost: '127.0.0.1:1' });
await db.terminate();
await db
  .runTransaction(async (t) => {
    await t.get(db.doc('a/b'));
  })
  .catch((e) => console.log('caught', String(e)));
console.log('second: get in nested async');
await Promise.all(
  [1].map(async () =>
    db.runTransaction(async (t) => {
      const a = await t.get(db.doc('a/b'));
      return a;
    }),
  ),
).catch((e) => console.log('caught', String(e)));
await db
  .runTransaction(async (t) => {
    const a = await t.getAll(db.doc('a/b'), db.doc('a/c'));
    return a;
  })
  .catch((e) => console.log('caught', String(e)));
const w = (async () => {
  await Bun.sleep(1);
  return db.runTransaction(async (t) => t.get(db.doc('a/b')));
})();
w.catch(() => undefined);
await Bun.sleep(50);
const p = db.runTransaction(async (t) => t.get(db.doc('a/b')), { maxAttempts: 10 });
p.catch(() => undefined);
await Bun.sleep(50);
