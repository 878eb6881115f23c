// Appends events to a session until it is killed: `bun append-forever.ts FILE SESSION`. Each event increments a counter
// in the session's, the user's and the app's state, and is printed once it is stored.
import { createEvent, createEventActions } from '@google/adk';
import { openDatabase } from '../sessions/sqlite/database.ts';
import { SqliteSessionStore } from '../sessions/sqlite/sqlite-session-store.ts';

const [file = '', sessionId = ''] = process.argv.slice(2);
const store = new SqliteSessionStore({ database: openDatabase(file) });
const key = { appName: 'app', userId: 'u', sessionId };
const session = (await store.getSession(key)) ?? (await store.createSession(key));
for (let n = session.events.length + 1; ; n++) {
  const stateDelta = { count: n, [`user:${sessionId}`]: n, [`app:${sessionId}`]: n };
  const content = { role: 'model', parts: [{ text: `event ${n} `.repeat(200) }] };
  const actions = createEventActions({ stateDelta });
  const event = createEvent({ id: `${n}`, invocationId: 'e', author: 'agent', content, actions });
  await store.appendEvent({ session, event });
  process.stdout.write(`${n}\n`);
}
