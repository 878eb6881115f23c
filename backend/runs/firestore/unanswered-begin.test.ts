import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'bun:test';
import { startFirestoreStandin, type FirestoreStandin } from '../../../standins/firestore/server.ts';
import { spawnGeminiStandin, type GeminiStandin } from '../../../standins/gemini/spawn.ts';
import type { Firestore } from '../../firestore/client/firestore.ts';
import { Timestamp } from '../../firestore/client/special-values.ts';
import { KEY, say, textOf } from '../../testing/both-stores.ts';
import { openFirestoreBench, type RunBench, type TestProcess } from '../../testing/run-bench.ts';
import { until } from '../../testing/until.ts';
import type { TurnRequest } from '../run.ts';
import { newLease } from './lease-document.ts';
import { leaseOf } from './paths.ts';

let model: GeminiStandin;
let standin: FirestoreStandin;
let bench: RunBench<{ db: Firestore }>;
let here: TestProcess & { db: Firestore };

beforeAll(async () => {
  model = await spawnGeminiStandin();
});
afterAll(() => model?.stop());
beforeEach(async () => {
  standin = await startFirestoreStandin({ databases: ['staging'], concurrencyMode: 'OPTIMISTIC' });
  bench = await openFirestoreBench(model.url, standin, { waitMs: 300 });
  here = bench.process({ takeOverEveryMs: 50 });
  await here.sessions.createSession(KEY);
});
afterEach(() => bench.close());

/** Its turn is over, but its process died before it could delete the lease. */
async function leaveLeaseOfGcpAgent(): Promise<void> {
  const lease = newLease({ session: KEY, runId: 'theirs', owner: '', token: 1 }, 0, Timestamp.fromMillis(0));
  await leaseOf(here.db, KEY).set({ ...lease, canBeTakenOver: false });
}

async function beginAnotherTurn(): Promise<void> {
  await (
    await here.runs.start(say('count to 20 every 50 ms'))
  ).firstFrame;
}

const statesOf = async () => (await here.runs.list(KEY)).map(({ id, state }) => `${id} ${state}`);

test.each<[string, Partial<TurnRequest>, () => Promise<void>]>([
  ['that is stored together with its run', {}, async () => undefined],
  ['whose run is stored first', {}, leaveLeaseOfGcpAgent],
  ['that waits for another turn', { whenBusy: 'queue' }, beginAnotherTurn],
])(
  'a message %s, and whose commit gets no answer: its run stays listed, and answers it once',
  async (_what, more, prepare) => {
    await prepare();
    const before = new Set((await here.runs.list(KEY)).map(({ id }) => id));
    standin.loseAnswersTo = 'Commit';
    const refused = await here.runs.start(say('hello', more)).catch((error: unknown) => error);
    const listed = (await here.runs.list(KEY)).find(({ id }) => !before.has(id))!;
    standin.loseAnswersTo = undefined;
    expect(refused).toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await until(async () => (await statesOf()).includes(`${listed.id} completed`), 30_000);
    const { events } = (await here.sessions.getSession(KEY))!;
    expect(events.filter((event) => textOf(event) === 'hello')).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ author: 'lornu', invocationId: listed.invocationId });
    expect((refused as Error).message).toContain('may have been accepted');
  },
);

test('a message whose commit was stored before the connection was cut is answered as if nothing had happened', async () => {
  const patient = await openFirestoreBench(model.url, standin);
  const process = patient.process();
  standin.loseAnswersTo = 'Commit';
  const commits = standin.calls.get('Commit') ?? 0;
  const starting = process.runs.start(say('hello'));
  await until(async () => (standin.calls.get('Commit') ?? 0) > commits && (await statesOf()).length === 1);
  standin.pause();
  standin.loseAnswersTo = undefined;
  await standin.resume();
  const run = await starting;
  await until(async () => (await statesOf()).includes(`${run.id} completed`), 30_000);
  const { events } = (await here.sessions.getSession(KEY))!;
  expect(events.map(textOf).filter((text) => text === 'hello')).toHaveLength(1);
  expect(events).toHaveLength(2);
  await patient.close();
});
