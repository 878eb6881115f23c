import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'bun:test';
import { startFirestoreStandin, type FirestoreStandin } from '../../../standins/firestore/server.ts';
import { spawnGeminiStandin, type GeminiStandin } from '../../../standins/gemini/spawn.ts';
import type { Firestore } from '../../firestore/client/firestore.ts';
import { KEY, say, textOf } from '../../testing/both-stores.ts';
import { openFirestoreBench, type RunBench, type TestProcess } from '../../testing/run-bench.ts';
import { until } from '../../testing/until.ts';

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
  bench = await openFirestoreBench(model.url, standin);
  here = bench.process();
  await here.sessions.createSession(KEY);
});
afterEach(() => bench.close());

const statesOf = async () => (await here.runs.list(KEY)).map(({ id, state }) => `${id} ${state}`);

test('a message whose commit was stored before the connection was cut is answered as if nothing had happened', async () => {
  standin.loseAnswersTo = 'Commit';
  const commits = standin.calls.get('Commit') ?? 0;
  const starting = here.runs.start(say('hello'));
  await until(async () => (standin.calls.get('Commit') ?? 0) > commits && (await statesOf()).length === 1);
  standin.pause();
  standin.loseAnswersTo = undefined;
  await standin.resume();
  const run = await starting;
  await until(async () => (await statesOf()).includes(`${run.id} completed`), 30_000);
  const { events } = (await here.sessions.getSession(KEY))!;
  expect(events.map(textOf).filter((text) => text === 'hello')).toHaveLength(1);
  expect(events).toHaveLength(2);
});
