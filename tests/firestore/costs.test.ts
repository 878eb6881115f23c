import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'bun:test';
import { toEventData } from '../../backend/events/document.ts';
import { fromWire } from '../../backend/events/wire.ts';
import type { FirestoreSessionStore } from '../../backend/sessions/firestore/firestore-session-store.ts';
import { appStateOf, eventsOf, sessionOf, userStateOf } from '../../backend/sessions/firestore/paths.ts';
import { toTimestamp } from '../../backend/sessions/firestore/session-document.ts';
import { openFirestoreBench, type RunBench } from '../../backend/testing/run-bench.ts';
import type { Firestore } from '../../backend/firestore/client/firestore.ts';
import { startFirestoreStandin, type FirestoreStandin } from '@lornu/standins/firestore/server.ts';
import { spawnGeminiStandin, type GeminiStandin } from '@lornu/standins/gemini/spawn.ts';
import { wireEvent } from './events.ts';

/** As in staging: the bench polls more often than a task. */
const AS_DEPLOYED = { lookEveryMs: 5_000, busyLookEveryMs: 1_000 };
const FEW = 10;
const MANY = 2_000;

let model: GeminiStandin;
let standin: FirestoreStandin;
let bench: RunBench<{ db: Firestore }>;
const key = (sessionId: string) => ({ appName: 'lornu', userId: 'ann', sessionId });
const say = (sessionId: string, text: string) => ({
  ...key(sessionId),
  streaming: true,
  newMessage: { role: 'user', parts: [{ text }] },
});

beforeAll(async () => {
  model = await spawnGeminiStandin();
  standin = await startFirestoreStandin();
});
afterAll(async () => {
  standin?.stop();
  await model?.stop();
});
beforeEach(async () => {
  // All tests have one database: Google's emulator takes seconds of CPU time to start.
  bench = await openFirestoreBench(model.url, { host: standin.host, stop: () => undefined }, AS_DEPLOYED);
});
afterEach(() => bench.close());

interface Cost {
  reads: number;
  writes: Record<string, number>;
  seconds: number;
}

async function costOf(work: () => Promise<unknown>): Promise<Cost> {
  const [before, readBefore, began] = [new Map(standin.writesTo), standin.rows.read, performance.now()];
  await work();
  const writes = [...standin.writesTo].map(
    ([name, count]) => [name, count - (before.get(name) ?? 0)] as const,
  );
  return {
    reads: standin.rows.read - readBefore,
    writes: Object.fromEntries(writes.filter(([, count]) => count > 0)),
    seconds: (performance.now() - began) / 1_000,
  };
}

/** As many events as in a long conversation, stored without a transaction for each. */
async function seed(db: Firestore, sessionId: string, count: number): Promise<void> {
  const session = sessionOf(db, key(sessionId));
  const writer = db.batch();
  for (let index = 0; index < count; index++) {
    const data = toEventData(fromWire(wireEvent({ id: `${sessionId}-${index}`, timestamp: 1_000 + index })));
    writer.set(eventsOf(session).doc(`${sessionId}-${index}`), {
      event_data: data,
      timestamp: toTimestamp((1_000 + index) * 1_000),
      appName: 'lornu',
      userId: 'ann',
    });
  }
  writer.update(session, { revision: count });
  await writer.commit();
}

test('a turn: at most 2 writes an event and 4 for run and lease, and no more reads at 2,000 events than at 10', async () => {
  const { runs, sessions, db } = bench.process();
  const costs: Cost[] = [];
  for (const [id, count] of [
    ['few', FEW],
    ['many', MANY],
  ] as const) {
    await sessions.createSession(key(id));
    await seed(db, id, count);
    // Fill the cache, as after an earlier turn.
    await (
      await runs.start(say(id, 'hello'))
    ).ended;
    costs.push(await costOf(async () => (await runs.start(say(id, 'hello'))).ended));
    const { events } = (await sessions.getSession(key(id)))!;
    expect(events).toHaveLength(count + 4);
  }
  const [few, many] = costs as [Cost, Cost];
  for (const { reads, seconds, writes } of [few, many]) {
    // A message and an answer; the lease is created and deleted, the run created and ended.
    const { lornu_frames: frames = 0, lornu_leases: leases = 0, ...others } = writes;
    expect(others).toEqual({ lornu_runs: 2, sessions: 2, events: 2 });
    const begun = Math.ceil(seconds);
    // Two as the condition of the first frame and of the answer, one heartbeat a second while there are runs, and one
    // deletion afterwards.
    expect(leases).toBeLessThanOrEqual(2 + 2 + 2 + begun);
    expect(frames).toBeLessThanOrEqual(8 * begun);
    // Begin: session, lease, app and user state. Each write of frames but the first: lease. And each second: a heartbeat,
    // a check for cancel requests, and a look for heartbeats that run out.
    expect(reads).toBeLessThanOrEqual(4 + frames + 3 * begun);
  }
});

test('a run that begins reads the document of its session once', async () => {
  const { sessions, db } = bench.process();
  await sessions.createSession(key('once'));
  const read = await sessionOf(db, key('once')).get();
  expect(await (sessions as FirestoreSessionStore).newestEventMs(read)).toBe(0);
  const readings = async (): Promise<number> => {
    const before = standin.calls.get('BatchGetDocuments') ?? 0;
    await sessions.getBegunSession(key('once'));
    return (standin.calls.get('BatchGetDocuments') ?? 0) - before;
  };
  // The states of the app and of the user in one call; what was read before counts once.
  expect([await readings(), await readings()]).toEqual([1, 2]);
});

test('a run that begins reads the events of its session in one query, and none of a new one', async () => {
  const here = bench.process();
  for (const id of ['new', 'known']) await here.sessions.createSession(key(id));
  await seed(here.db, 'known', FEW);
  const queriesFor = async (id: string): Promise<number> => {
    const references = [
      sessionOf(here.db, key(id)),
      appStateOf(here.db, 'lornu'),
      userStateOf(here.db, key(id)),
    ];
    const [session, ...shared] = await here.db.getAll(...references);
    const before = standin.calls.get('RunQuery') ?? 0;
    await (here.sessions as FirestoreSessionStore).newestEventMs(session!, shared);
    const begun = await here.sessions.getBegunSession(key(id));
    expect(begun?.events).toHaveLength(id === 'new' ? 0 : FEW);
    return (standin.calls.get('RunQuery') ?? 0) - before;
  };
  expect([await queriesFor('new'), await queriesFor('known'), await queriesFor('known')]).toEqual([0, 1, 0]);
});

test('a session gets an id in one write, beside the read of the states that it shares', async () => {
  const { sessions } = bench.process();
  const before = new Map(standin.calls);
  const created = await sessions.createSession({ appName: 'lornu', userId: 'ann', state: { own: 1 } });
  const calls = ['BatchGetDocuments', 'Commit'].map(
    (name) => (standin.calls.get(name) ?? 0) - (before.get(name) ?? 0),
  );
  expect([calls, (await sessions.getSession(key(created.id)))?.state]).toEqual([[1, 1], { own: 1 }]);
});

test('streams: 2.5 writes of frames for each second and stream, 5 more at first, and one heartbeat for all; nothing is renewed', async () => {
  const STREAMS = 3;
  const { runs, sessions } = bench.process();
  const ids = Array.from({ length: STREAMS }, (_, index) => `long-${index}`);
  for (const id of ids) await sessions.createSession(key(id));
  const cost = await costOf(async () => {
    const started = await Promise.all(ids.map((id) => runs.start(say(id, 'count to 30 every 220 ms'))));
    for (const run of started) {
      await run.ended;
      expect(run.state).toBe('completed');
    }
  });
  expect(cost.seconds).toBeGreaterThan(5.5);
  const {
    lornu_leases: leases = 0,
    lornu_runs = 0,
    lornu_frames: frames = 0,
    sessions: s,
    events,
  } = cost.writes;
  const begun = Math.ceil(cost.seconds);
  // Each run's lease is created and deleted, and written with its first frame and with its answer.
  const heartbeats = leases - 4 * STREAMS;
  expect(heartbeats).toBeGreaterThan(0);
  expect(heartbeats).toBeLessThanOrEqual(2 + begun);
  expect(frames).toBeLessThanOrEqual(STREAMS * (2.5 * begun + 5));
  expect([lornu_runs, s, events]).toEqual([2 * STREAMS, 2 * STREAMS, 2 * STREAMS]);
});

test('a process without runs looks for abandoned ones at its slow interval, with one read each', async () => {
  bench.process();
  const idle = await costOf(() => Bun.sleep(2_500));
  expect(idle.writes).toEqual({});
  expect(idle.reads).toBeLessThanOrEqual(1);
});
