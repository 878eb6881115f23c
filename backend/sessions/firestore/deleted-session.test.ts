import { createEvent } from '@google/adk';
import { expect, test } from 'bun:test';
import { startFirestoreStandin } from '../../../standins/firestore/server.ts';
import { createFirestore } from '../../firestore/create-firestore.ts';
import { FirestoreSessionStore } from './firestore-session-store.ts';

const EVENT_BYTES = 10_000;
const keyOf = (sessionId: string) => ({ appName: 'a', userId: 'u', sessionId });

test('the events of a deleted session leave the memory: they take no room from other sessions', async () => {
  const standin = await startFirestoreStandin({ databases: ['d'] });
  const db = createFirestore({ project: 'p', database: 'd', emulatorHost: standin.host });
  try {
    // For two sessions, and not for three.
    const store = new FirestoreSessionStore({ db, cache: { maxBytes: 2.5 * EVENT_BYTES } });
    const fill = async (sessionId: string): Promise<void> => {
      const session = await store.createSession(keyOf(sessionId));
      const content = { role: 'user', parts: [{ text: 'x'.repeat(EVENT_BYTES) }] };
      await store.appendEvent({ session, event: createEvent({ author: 'user', content }) });
      await store.getSession(keyOf(sessionId));
    };
    const readsOf = async (sessionId: string): Promise<number> => {
      const before = standin.rows.read;
      await store.getSession(keyOf(sessionId));
      return standin.rows.read - before;
    };
    await fill('kept');
    const fromMemory = await readsOf('kept');
    await fill('deleted');
    await store.deleteSession(keyOf('deleted'));
    await fill('new');
    expect(await readsOf('kept')).toBe(fromMemory);
  } finally {
    await db.terminate();
    standin.stop();
  }
});
