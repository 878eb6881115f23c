import { startFirestoreStandin } from '../../../standins/firestore/server.ts';
import { expect, test } from 'bun:test';
import { createFirestore } from '../../firestore/create-firestore.ts';
import { HeldLeases } from './held-leases.ts';

test('a renewal whose read was answered late does not hide a message that waits: the end reads the lease', async () => {
  const standin = await startFirestoreStandin({ databases: ['d'], concurrencyMode: 'OPTIMISTIC' });
  const db = createFirestore({ project: 'p', database: 'd', emulatorHost: standin.host });
  try {
    const document = db.collection('lornu_leases').doc('l');
    await document.set({ fence: 1, queued: [] });
    const asRead = (await document.get()).updateTime;
    await document.set({ fence: 1, queued: ['next'] });
    const writtenAt = (await document.get()).updateTime;
    const held = new HeldLeases().hold(
      { token: 1, document, waitMs: undefined },
      { writtenAt, hasQueue: true },
    );

    await held.commit((batch) => {
      batch.set(db.collection('lornu_runs').doc('r'), {});
      // While the write is under way, the renewal learns how the lease was before the message came.
      queueMicrotask(() => held.note(asRead, false));
    });
    const ended = await held.commit((batch) => void batch.delete(db.collection('lornu_runs').doc('r')), {
      isLast: true,
    });

    expect(ended).toBeUndefined();
    expect((await document.get()).get('queued')).toEqual(['next']);
  } finally {
    await db.terminate();
    standin.stop();
  }
});

test('a lease is beginning until it is stored or refused: a renewal meanwhile must not find that it is lost', async () => {
  const document = createFirestore({ project: 'p', database: 'd' }).collection('lornu_leases').doc('l');
  for (const outcome of ['stored', 'refused']) {
    const storing = Promise.withResolvers<undefined>();
    const asked = Promise.withResolvers<void>();
    const alone = async (): Promise<undefined> => {
      asked.resolve();
      return storing.promise;
    };
    const beginning = { write: () => undefined, alone };
    const held = new HeldLeases().hold({ token: 1, document, waitMs: undefined }, { beginning });
    const begun = held.begun().catch((error: Error) => error.message);
    await asked.promise;
    expect([held.isBeginning, held.isRefused]).toEqual([true, false]);
    if (outcome === 'stored') storing.resolve(undefined);
    else storing.reject(new Error('busy'));
    expect(await begun).toBe(outcome === 'stored' ? undefined : 'busy');
    expect([held.isBeginning, held.isRefused]).toEqual([false, outcome === 'refused']);
  }
});
