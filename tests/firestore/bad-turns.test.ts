import { afterAll, afterEach, beforeAll, beforeEach, expect, setDefaultTimeout, test } from 'bun:test';
import type { Run } from '../../backend/runs/run.ts';
import { openFirestoreBench, type RunBench, type TestProcess } from '../../backend/testing/run-bench.ts';
import { startFirestoreStandin, type FirestoreStandin } from '@lornu/standins/firestore/server.ts';
import { spawnGeminiStandin, type GeminiStandin } from '@lornu/standins/gemini/spawn.ts';
import { until } from '../support/until.ts';
import type { Wire } from './events.ts';

// Shorter than a task's, so that the tests take seconds; tests/long-firestore uses the full length.
const TIMES = { waitMs: 5_000, framesEveryMs: 300 };
const LIMITS = { leaseMs: 1_500, renewEveryMs: 300, takeOverEveryMs: 100, cancelEveryMs: 100 };
/** Optimistic, as terraform/gcp/staging creates the database: a transaction that an outage cuts off leaves no locks. */
const STAGING = { databases: ['staging'], concurrencyMode: 'OPTIMISTIC' } as const;
/** Google's emulator is pessimistic: it keeps such locks for 60 s. */
const LOCKED_MS = process.env['LORNU_FIRESTORE_EMULATOR'] === 'google' ? 60_000 : 0;
setDefaultTimeout(60_000 + 2 * LOCKED_MS);
const key = { appName: 'lornu', userId: 'ann', sessionId: 's' };

let model: GeminiStandin;
let standin: FirestoreStandin;
let bench: RunBench<object>;
let here: TestProcess;

beforeAll(async () => {
  model = await spawnGeminiStandin();
});
afterAll(() => model?.stop());
beforeEach(async () => {
  standin = await startFirestoreStandin(STAGING);
});
afterEach(() => bench.close());

async function open(patienceMs = 15_000 + LOCKED_MS): Promise<void> {
  bench = await openFirestoreBench(model.url, standin, { ...TIMES, patienceMs });
  here = bench.process(LIMITS);
  await here.sessions.createSession(key);
}

const say = (text: string) => ({ ...key, streaming: true, newMessage: { role: 'user', parts: [{ text }] } });
const counted = (n: number): string => Array.from({ length: n }, (_, index) => index + 1).join(' ');
const textOf = (event: Wire): string =>
  (event['content']?.parts ?? []).map((part: Wire) => part['text'] ?? '').join('');

async function collect(run: Run): Promise<Wire[]> {
  const frames: Wire[] = [];
  for await (const { json } of run.frames()) frames.push(JSON.parse(json) as Wire);
  return frames;
}

/** What is stored, read by a process with an empty cache. */
async function stored(): Promise<{ state: string; texts: string[]; revision: number }> {
  const { sessions, store } = bench.process({ ...LIMITS, takeOverEveryMs: 1e9 });
  const session = (await sessions.getSession(key))!;
  const [run] = await store.list(key, 1);
  const document = (await standin.documents.all()).find(({ name }) => name.endsWith('/sessions/s'));
  return {
    state: run!.state,
    texts: session.events.map(textOf),
    revision: Number(document?.fields['revision']?.integerValue),
  };
}

async function untilReady(): Promise<void> {
  const isReady = (): Promise<boolean> =>
    here.sessions.probe().then(
      () => true,
      () => false,
    );
  await until(isReady, { withinMs: 20_000, what: 'The return of Firestore' });
}

test('an outage of seconds in the middle of a turn is only visible in /ready', async () => {
  const [text, numbers] = ['count to 20 every 50 ms', 20] as const;
  await open();
  const run = await here.runs.start(say(text));
  const listening = collect(run);
  await run.firstFrame;
  standin.pause();
  const notReady = await here.sessions.probe().catch((error: { code: string }) => error.code);
  expect(notReady).toBe('STORE_UNAVAILABLE');
  await Bun.sleep(2_000);
  await standin.resume();
  const frames = await listening;
  expect(run.state).toBe('completed');
  const partials = frames.filter(({ partial }) => partial);
  expect(partials.map(textOf).join('')).toBe(counted(numbers));
  expect(frames.filter(({ partial }) => !partial)).toHaveLength(1);
  await untilReady();
  expect(await stored()).toEqual({ state: 'completed', texts: [text, counted(numbers)], revision: 2 });
  const again = await here.runs.start(say('hello'));
  await again.ended;
  expect(again.state).toBe('completed');
});

test.each([
  ['permission denied', 7, 'Firestore refuses access'],
  ['quota exceeded', 8, 'quota of the Firestore database "staging" is used up'],
])(
  '%s in the middle of a turn: its listeners are cut off in words, and it goes on once Firestore takes us again',
  async (_what, code, why) => {
    await open(500);
    const run = await here.runs.start(say('count to 60 every 50 ms'));
    const listening = collect(run).catch((error: Error) => error);
    await run.firstFrame;
    await Bun.sleep(500);
    standin.failWith = { code, message: 'secret reason' };
    const cut = (await listening) as Error;
    expect(cut).toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(cut.message).toContain('session store');
    expect(cut.message).not.toContain('secret');
    // Its end is stored once, by the process that closes it.
    expect(run.state).toBe('running');
    const refused = await here.runs.start(say('hello')).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'STORE_UNAVAILABLE', headers: { 'retry-after': '2' } });
    const probed = await here.sessions.probe().catch((error: Error) => error.message);
    expect(probed).toContain(why);
    standin.failWith = undefined;
    await until(async () => (await here.store.get(run.id))?.state !== 'running', {
      withinMs: 40_000 + LOCKED_MS,
      what: 'The end of the run',
    });
    const { state, texts, revision } = await stored();
    expect([state, texts.slice(1).join('')]).toEqual(['completed', counted(60)]);
    expect(revision).toBe(texts.length);
    const again = await here.runs.start(say('hello'));
    await again.ended;
    expect(again.state).toBe('completed');
  },
);

test('restarted without its documents: the turn ends with a sentence, and new conversations are possible', async () => {
  await open();
  const port = Number(standin.host.split(':')[1]);
  const run = await here.runs.start(say('count to 60 every 50 ms'));
  const listening = collect(run);
  await run.firstFrame;
  standin.stop();
  const empty = await startFirestoreStandin({ ...STAGING, port });
  await listening;
  await untilReady();
  expect(await here.sessions.getSession(key)).toBeUndefined();
  await here.sessions.createSession(key);
  const again = await here.runs.start(say('hello'));
  await again.ended;
  expect(again.state).toBe('completed');
  expect((await here.sessions.getSession(key))!.events).toHaveLength(2);
  empty.stop();
});
