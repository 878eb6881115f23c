import { expect, test } from 'bun:test';
import { FirestoreError, type Channel } from '../../firestore/client/channel.ts';
import { Firestore } from '../../firestore/client/firestore.ts';
import { DocumentReference, DocumentSnapshot } from '../../firestore/client/references.ts';
import { Timestamp } from '../../firestore/client/special-values.ts';
import { expiredLeases } from './heartbeats.ts';

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
