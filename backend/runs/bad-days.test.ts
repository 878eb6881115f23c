import { createEvent, type Event } from '@google/adk';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { spawnGeminiStandin } from '../../standins/gemini/spawn.ts';
import { AppError } from '../errors/app-error.ts';
import { openDatabase } from '../sessions/sqlite/database.ts';
import { openRunBench, type TestProcess } from '../testing/run-bench.ts';
import { until } from '../testing/until.ts';
import { FrameClock } from './frame-clock.ts';
import { LiveRun } from './live-run.ts';
import type { Run, TurnRequest } from './run.ts';

const key = { appName: 'lornu', userId: 'u', sessionId: 's' };
let bench: Awaited<ReturnType<typeof openRunBench>>;

const standin = await spawnGeminiStandin();
afterAll(() => standin.stop());
beforeEach(async () => {
  bench = await openRunBench(standin.url);
});
afterEach(() => bench.close());

const say = (text: string): TurnRequest => ({
  ...key,
  streaming: true,
  newMessage: { role: 'user', parts: [{ text }] },
});
const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'done',
    (error: { code?: string }) => error.code,
  );

async function framesOf(run: Run, fromIndex = 0): Promise<{ index: number; json: string }[]> {
  const frames: { index: number; json: string }[] = [];
  for await (const frame of run.frames(fromIndex)) frames.push(frame);
  return frames;
}

async function turn({ runs }: TestProcess, text = 'hello'): Promise<string> {
  const run = await runs.start(say(text));
  await run.ended;
  return run.state;
}

describe('Last-Event-ID', () => {
  test.each([
    ['garbage', 'x', 'BAD_LAST_EVENT_ID'],
    ['garbage with a colon', 'x:y', 'BAD_LAST_EVENT_ID'],
    ['of another run', 'other:0', 'BAD_LAST_EVENT_ID'],
    ['of the future', 'RUN:4000', 'BAD_LAST_EVENT_ID'],
    ['beyond numbers', 'RUN:99999999999999999999', 'BAD_LAST_EVENT_ID'],
    ['negative', 'RUN:-1', 'BAD_LAST_EVENT_ID'],
    ['the last one', 'RUN:LAST', 'done'],
    ['none', '', 'done'],
  ])('%s', async (_what, id, expected) => {
    const here = bench.process();
    await here.sessions.createSession(key);
    const run = await here.runs.start(say('hello'));
    await run.ended;
    const count = await here.store.frameCount(run.id);
    expect(count).toBe((await here.store.frames(run.id, 0))!.frames.length);
    const lastEventId = id.replace('RUN', run.id).replace('LAST', `${count - 1}`);
    expect(await codeOf(here.runs.attach({ session: key, runId: run.id }, lastEventId))).toBe(expected);
  });

  test('of an earlier run, when the running one is requested: the running one from its beginning', async () => {
    const here = bench.process();
    await here.sessions.createSession(key);
    const first = await here.runs.start(say('hello'));
    await first.ended;
    const second = await here.runs.start(say('count to 5 every 20 ms'));
    const { run, fromIndex } = await here.runs.attach({ session: key, runId: 'running' }, `${first.id}:1`);
    expect([run.id, fromIndex]).toEqual([second.id, 0]);
    await second.ended;
  });

  test('of a run that was continued elsewhere, sent to the process that was paused', async () => {
    const stopped = bench.process({
      leaseMs: 200,
      renewEveryMs: 1e9,
      takeOverEveryMs: 1e9,
      cancelEveryMs: 1e9,
    });
    await stopped.sessions.createSession(key);
    const run = await stopped.runs.start(say('simulate stall after 3'));
    await run.firstFrame;
    const other = bench.process({ takeOverEveryMs: 50, silentMs: 200 });
    const attached = await other.runs.attach({ session: key, runId: run.id });
    const last = (await framesOf(attached.run)).at(-1)!;
    expect(stopped.runs.activeCount).toBe(1);
    const again = await stopped.runs.attach({ session: key, runId: run.id }, `${run.id}:${last.index}`);
    expect(again.fromIndex).toBe(last.index + 1);
  });

  test('a run of another session or user is not found', async () => {
    const here = bench.process();
    await here.sessions.createSession(key);
    await here.sessions.createSession({ ...key, userId: 'v' });
    const run = await here.runs.start(say('hello'));
    await run.ended;
    const session = { ...key, userId: 'v' };
    expect(await codeOf(here.runs.attach({ session, runId: run.id }))).toBe('RUN_NOT_FOUND');
    expect(await codeOf(here.runs.cancel({ session, runId: run.id }))).toBe('RUN_NOT_FOUND');
    expect(await codeOf(here.runs.attach({ session: key, runId: 'running' }))).toBe('RUN_NOT_FOUND');
    expect(await here.runs.list(session)).toEqual([]);
  });
});

test('a frame is only shown once another process can read it', async () => {
  const [here, there] = [bench.process(), bench.process()];
  await here.sessions.createSession(key);
  const run = await here.runs.start(say('count to 20 every 10 ms'));
  let shown = 0;
  for await (const frame of run.frames()) {
    // Read before anything else can happen: a commit a moment later would be too late.
    const stored = there.store.frames(run.id, frame.index);
    expect((await stored)?.frames[0]).toEqual(frame);
    shown += 1;
  }
  expect(shown).toBeGreaterThan(20);
});

test('1,000 concurrent listeners each get every frame, even from another process', async () => {
  const [here, there] = [bench.process(), bench.process()];
  await here.sessions.createSession(key);
  const run = await here.runs.start(say('count to 30 every 10 ms'));
  const listeners = await Promise.all(
    Array.from({ length: 1_000 }, (_, n) =>
      (n % 10 === 0 ? there : here).runs.attach({ session: key, runId: run.id }),
    ),
  );
  const received = await Promise.all(listeners.map((listener) => framesOf(listener.run)));
  const all = await framesOf(run);
  expect(all.length).toBeGreaterThan(30);
  expect(received.every((frames) => JSON.stringify(frames) === JSON.stringify(all))).toBe(true);
});

test('a reader that stops reading delays nobody, and continues at its position', async () => {
  const here = bench.process();
  await here.sessions.createSession(key);
  const run = await here.runs.start(say('count to 3000'));
  const slow = run.frames()[Symbol.asyncIterator]();
  expect((await slow.next()).value?.index).toBe(0);
  await run.ended;
  expect(run.state).toBe('completed');
  const indexes: number[] = [];
  for (let next = await slow.next(); !next.done; next = await slow.next()) indexes.push(next.value.index);
  expect(indexes).toEqual(Array.from({ length: indexes.length }, (_, n) => n + 1));
  expect(indexes.length).toBeGreaterThanOrEqual(3_000);
});

describe('the disk is full', () => {
  test('a message is refused with a sentence, nothing is half-written, and it works again once there is space', async () => {
    const here = bench.process();
    await here.sessions.createSession(key);
    here.database.run('PRAGMA max_page_count = 1');
    const failure = await here.runs.start(say('x'.repeat(50_000))).catch((error: Error) => error);
    expect(failure).toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining('full') });
    expect(await here.runs.list(key)).toEqual([]);
    // Its turn was under way already, and has shown and stored nothing.
    await until(() => here.runs.activeCount === 0);
    here.database.run('PRAGMA max_page_count = 1000000');
    expect(await turn(here)).toBe('completed');
  });

  test('in the middle of a turn: its listener is cut off with a sentence, and the turn is continued once there is space, with one end', async () => {
    const here = bench.process({ leaseMs: 400, renewEveryMs: 100, takeOverEveryMs: 100 });
    await here.sessions.createSession(key);
    const run = await here.runs.start(say('count to 60 every 20 ms'));
    await run.firstFrame;
    here.database.run('PRAGMA max_page_count = 1');
    const cut = await framesOf(run).catch((error: Error) => error);
    expect(cut).toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining('full') });
    await run.ended;
    expect(run.state).toBe('running');
    const again = await here.runs.attach({ session: key, runId: run.id });
    const listening = framesOf(again.run);
    here.database.run('PRAGMA max_page_count = 1000000');
    expect(await listening).toEqual((await here.store.frames(run.id, 0))!.frames);
    expect(again.run.state).toBe('completed');
    expect((await here.store.get(run.id))?.state).toBe('completed');
    expect(await turn(here)).toBe('completed');
  });
});

test('the shown text is in the session, even if the store was unavailable while the turn was closed', async () => {
  const here = bench.process({ leaseMs: 400, renewEveryMs: 100, takeOverEveryMs: 100 });
  await here.sessions.createSession(key);
  const append = here.sessions.appendEvent.bind(here.sessions);
  let refusals = 2;
  here.sessions.appendEvent = async (request) => {
    if (request.event.author !== 'user' && refusals-- > 0) throw new AppError('STORE_UNAVAILABLE');
    return append(request);
  };
  const run = await here.runs.start(say('count to 20 every 10 ms'));
  const shown = new Map<string, string>();
  const show = ({ json }: { json: string }): void => {
    const { id, partial, content } = JSON.parse(json) as Event;
    if (partial) shown.set(id, (shown.get(id) ?? '') + (content?.parts?.[0]?.text ?? ''));
  };
  let seen = -1;
  const listen = async (): Promise<void> => {
    for await (const frame of run.frames()) {
      show(frame);
      seen = frame.index;
    }
  };
  expect(await codeOf(listen())).toBe('STORE_UNAVAILABLE');
  const again = await here.runs.attach({ session: key, runId: run.id });
  for (const frame of await framesOf(again.run, seen + 1)) show(frame);
  const { events } = (await here.sessions.getSession(key))!;
  const kept = events.map(({ id, content }) => [id, content?.parts?.[0]?.text] as const);
  expect(shown.size).toBeGreaterThan(0);
  expect(kept.filter(([id]) => shown.has(id))).toEqual([...shown]);
  expect(refusals).toBeLessThan(0);
});

describe('another process locks the file', () => {
  test('for a moment: a turn waits for it without blocking the event loop', async () => {
    const here = bench.process();
    await here.sessions.createSession(key);
    const blocker = openDatabase(bench.file);
    blocker.run('BEGIN IMMEDIATE');
    let longestPauseMs = 0;
    let lastTick = performance.now();
    const ticks = setInterval(() => {
      longestPauseMs = Math.max(longestPauseMs, performance.now() - lastTick);
      lastTick = performance.now();
    }, 5);
    const going = turn(here);
    const lockedMs = 2_000;
    await Bun.sleep(lockedMs);
    blocker.run('COMMIT');
    blocker.close();
    expect(await going).toBe('completed');
    clearInterval(ticks);
    // 20 ms of waiting inside SQLite, plus the machine's other work.
    expect(longestPauseMs).toBeLessThan(lockedMs / 2);
  });

  test('for too long: a clear refusal, and it works afterwards without a restart', async () => {
    const here = bench.process();
    await here.sessions.createSession(key);
    const blocker = openDatabase(bench.file);
    blocker.run('BEGIN IMMEDIATE');
    expect(await codeOf(here.runs.start(say('hello')))).toBe('STORE_UNAVAILABLE');
    blocker.run('COMMIT');
    blocker.close();
    expect(await turn(here)).toBe('completed');
  });
});

test('a turn without listeners ends at its token limit', async () => {
  const here = bench.process({ unheardTokens: 10 });
  await here.sessions.createSession(key);
  const run = await here.runs.start(say('call list_notes with {} then call environment_status with {}'));
  await run.ended;
  expect(run.state).toBe('interrupted');
  expect(JSON.stringify(await framesOf(run))).toContain('nobody was listening');
});

test('a turn that continues beyond its token limit is ended, and a complete answer is kept', async () => {
  const here = bench.process({ runTokens: 10 });
  await here.sessions.createSession(key);
  const run = await here.runs.start(say('call list_notes with {} then call environment_status with {}'));
  await run.ended;
  expect(run.state).toBe('interrupted');
  expect(JSON.stringify(await framesOf(run))).toContain(
    'The turn was ended because it had used all tokens that one turn may use.',
  );
  expect(await turn(here)).toBe('completed');
});

test("earlier processes' tokens count against the turn's limit", async () => {
  const here = bench.process();
  await here.sessions.createSession(key);
  const begun = { session: key, invocationId: 'e-1', owner: 'o', startedMs: Date.now(), request: say('x') };
  const { run: record, lease } = await here.store.begin({ id: 'r', ...begun }, { leaseMs: 5_000 });
  const bounds = { firstIndex: 0, runTokens: 100, unheardTokens: 1_000, clock: new FrameClock(50) };
  const run = new LiveRun(here.store, record, lease, begun.request, bounds);
  const spends = (totalTokenCount: number): Event =>
    createEvent({
      content: { role: 'model', parts: [{ functionCall: { name: 'a' } }] },
      usageMetadata: { totalTokenCount },
    });
  run.recall([spends(60), { ...spends(60), partial: true }]);
  run.addEvent(spends(40));
  expect(run.stopReason).toBeUndefined();
  run.addEvent(spends(1));
  expect(run.stopReason).toBe('over-budget');
  expect(run.progress(Date.now()).tokens).toBe(101);
  await run.end('interrupted');
});

test('a turn is ended by its silence, and not while it makes progress', async () => {
  const here = bench.process({ silentMs: 400 });
  await here.sessions.createSession(key);
  const busy = await here.runs.start(say('count to 40 every 30 ms'));
  await busy.ended;
  expect(busy.state).toBe('completed');
  const silent = await here.runs.start(say('simulate stall after 3'));
  await silent.ended;
  expect(silent.state).toBe('interrupted');
  expect(JSON.stringify(await framesOf(silent))).toContain('it had produced nothing for too long');
  expect(await turn(here)).toBe('completed');
});

test('ended runs and their frames are deleted after their time, running ones never', async () => {
  const here = bench.process();
  await here.sessions.createSession(key);
  expect(await turn(here)).toBe('completed');
  const running = await here.runs.start(say('count to 20 every 20 ms'));
  const [kept, ended] = await here.runs.list(key);
  await here.store.prune(Date.now() + 1_000);
  expect((await here.runs.list(key)).map(({ id }) => id)).toEqual([kept!.id]);
  expect(await codeOf(here.runs.attach({ session: key, runId: ended!.id }))).toBe('RUN_NOT_FOUND');
  await running.ended;
  expect(running.state).toBe('completed');
  expect((await here.sessions.getSession(key))!.events).toHaveLength(4);
});
