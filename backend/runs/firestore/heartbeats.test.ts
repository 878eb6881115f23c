import { expect, spyOn, test } from 'bun:test';
import { FirestoreError, type Channel } from '../../firestore/client/channel.ts';
import { Firestore } from '../../firestore/client/firestore.ts';
import { DocumentReference, DocumentSnapshot } from '../../firestore/client/references.ts';
import { Timestamp } from '../../firestore/client/special-values.ts';
import type { Write } from '../../firestore/client/writes.ts';
import { beat, expiredLeases } from './heartbeats.ts';

test('a look whose two queries both fail leaves no promise that nobody waits for', async () => {
  const unwaited: unknown[] = [];
  const note = (error: unknown): void => void unwaited.push(error);
  process.on('unhandledRejection', note);
  let calls = 0;
  const channel: Channel = {
    call: async () => {
      await Bun.sleep(10 * ++calls);
      throw new FirestoreError('UNAVAILABLE', 'There is no connection.');
    },
  };
  const db = new Firestore({ projectId: 'p', databaseId: 'd', channel });
  const time = '2030-01-01T00:00:00Z';
  const oldest = new DocumentSnapshot(
    new DocumentReference(db, 'lornu_leases/process-b'),
    {
      name: `${db.root}/lornu_leases/process-b`,
      fields: { process: { stringValue: 'b' }, until: { timestampValue: time } },
      createTime: time,
      updateTime: time,
    },
    time,
  );
  const looking = expiredLeases(db, oldest, Timestamp.parse(time), 50, 'a');
  expect(await looking.catch((error: Error) => error.message)).toContain('UNAVAILABLE');
  await Bun.sleep(50);
  process.off('unhandledRejection', note);
  expect({ calls, unwaited }).toEqual({ calls: 2, unwaited: [] });
});

test('where every answer and every timer waits for seconds, the next heartbeat is stored before this one runs out', async () => {
  const LATE_MS = 8_000;
  let nowMs = 0;
  const clock = spyOn(performance, 'now').mockImplementation(() => nowMs);
  const stored: { atMs: number; untilMs: number }[] = [];
  const channel: Channel = {
    call: async (verb, _target, body) => {
      const time = String(Timestamp.fromMillis(nowMs));
      const [write] = (body as { writes?: Write[] }).writes ?? [];
      const until = write?.update?.fields['until']?.['timestampValue'] as string | undefined;
      if (until) stored.push({ atMs: nowMs, untilMs: Timestamp.parse(until).toMillis() });
      // Firestore is fast: the answer waits here.
      nowMs += LATE_MS;
      const missing = (body as { documents?: string[] }).documents?.[0];
      return verb === 'commit'
        ? [{ writeResults: [{ updateTime: time }], commitTime: time }]
        : [{ missing, readTime: time, transaction: 't' }];
    },
  };
  const db = new Firestore({ projectId: 'p', databaseId: 'd', channel });
  try {
    await db.runTransaction((transaction) => beat(transaction, db, 'a', 3_000));
    nowMs += LATE_MS;
    await db.runTransaction((transaction) => beat(transaction, db, 'a', 3_000));
  } finally {
    clock.mockRestore();
  }
  expect(stored).toHaveLength(2);
  expect(stored[0]!.untilMs).toBeGreaterThan(stored[1]!.atMs);
});
