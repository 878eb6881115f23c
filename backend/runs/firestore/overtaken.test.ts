import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'bun:test';
import { createEvent } from '@google/adk';
import { startFirestoreStandin, type FirestoreStandin } from '../../../standins/firestore/server.ts';
import { spawnGeminiStandin, type GeminiStandin } from '../../../standins/gemini/spawn.ts';
import { FirestoreSessionStore } from '../../sessions/firestore/firestore-session-store.ts';
import type { Firestore } from '../../firestore/client/firestore.ts';
import { IDLE, KEY, say, textOf } from '../../testing/both-stores.ts';
import { openFirestoreBench, type RunBench, type TestProcess } from '../../testing/run-bench.ts';
import type { Run } from '../run.ts';

const MESSAGE = 'count to 500 every 20 ms';

let model: GeminiStandin;
let standin: FirestoreStandin;
let bench: RunBench<{ db: Firestore }>;
let here: TestProcess & { db: Firestore };
let run: Run;

beforeAll(async () => {
  model = await spawnGeminiStandin();
});
afterAll(() => model?.stop());
beforeEach(async () => {
  standin = await startFirestoreStandin({ databases: ['staging'], concurrencyMode: 'OPTIMISTIC' });
  bench = await openFirestoreBench(model.url, standin);
  here = bench.process(IDLE);
  await here.sessions.createSession(KEY);
  run = await here.runs.start(say(MESSAGE));
  await run.firstFrame;
});
afterEach(() => bench.close());

/** Appends an event as google-adk does: without a look at leases. */
async function overtake(): Promise<void> {
  const theirs = new FirestoreSessionStore({ db: here.db });
  const session = (await theirs.getSession(KEY))!;
  const content = { role: 'user', parts: [{ text: 'me first' }] };
  await theirs.appendEvent({
    session,
    event: createEvent({ author: 'user', invocationId: 'theirs', content }),
  });
}

/** The end that a listener of another process is told, with the codes of all events, and the session. */
async function outcome(): Promise<unknown> {
  const other = bench.process({ takeOverEveryMs: 50 });
  const attached = await other.runs.attach({ session: KEY, runId: run.id });
  const codes: string[] = [];
  for await (const { json } of attached.run.frames()) codes.push(JSON.parse(json).errorCode);
  const { events } = (await other.sessions.getSession(KEY))!;
  return { state: attached.run.state, isTold: codes.includes('SESSION_CHANGED'), texts: events.map(textOf) };
}

test.each<[string, () => unknown]>([
  ['stopped', () => here.runs.cancel({ session: KEY, runId: run.id })],
  ['handed over', () => here.runs.drain(0)],
  [
    'handed over after a stop',
    async () => {
      await here.store.requestCancel(run.id);
      await here.runs.drain(0);
    },
  ],
])('a turn that another program overtakes, and that is then %s, writes nothing more', async (_what, end) => {
  await overtake();
  await end();
  expect(await outcome()).toEqual({ state: 'interrupted', isTold: true, texts: [MESSAGE, 'me first'] });
  const next = await here.runs.start(say('hello')).catch(() => bench.process().runs.start(say('hello')));
  await next.ended;
  expect(next.state).toBe('completed');
});
