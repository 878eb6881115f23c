import { createEvent } from '@google/adk';
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { measureEnd } from '../http/measured-runs.ts';
import { useModel } from '../model/gemini-llm.ts';
import { combineMetrics, type Metrics } from '../observability/metrics.ts';
import { bothStores, IDLE, KEY, say, textOf, type Wire } from '../testing/both-stores.ts';
import { holdAnswer } from '../testing/hold-answer.ts';
import type { RunBench } from '../testing/run-bench.ts';
import { untilTakenOver } from '../testing/until.ts';
import type { Run } from './run.ts';
import type { RunLimits, RunServiceDeps } from './run-options.ts';

/** A paused process: it never renews, and never looks at others. */
const STOPPED: Partial<RunLimits> = { ...IDLE, leaseMs: 400 };
const ALIVE: Partial<RunLimits> = {
  leaseMs: 2_000,
  renewEveryMs: 300,
  takeOverEveryMs: 50,
  cancelEveryMs: 20,
};
let bench: RunBench<unknown>;
const { stores, modelUrl } = bothStores();

async function collect(run: Run, fromIndex = 0): Promise<{ indexes: number[]; frames: Wire[] }> {
  const indexes: number[] = [];
  const frames: Wire[] = [];
  for await (const { index, json } of run.frames(fromIndex)) {
    indexes.push(index);
    frames.push(JSON.parse(json));
  }
  return { indexes, frames };
}

const whole = (frames: Wire[]): Wire[] => frames.filter((frame) => !frame['partial']);
const counted = (n: number): string => Array.from({ length: n }, (_, index) => index + 1).join(' ');

const FRAME = { index: 1_000, kind: 'event', json: '{}' } as const;
describe.each(stores)('runs in $name', ({ open }) => {
  beforeEach(async () => {
    bench = await open();
  });
  afterEach(() => bench.close());

  /** Each once and in order, without a gap. */
  function expectInOrder(indexes: number[]): void {
    expect(indexes).toEqual(indexes.map((_, index) => index));
  }

  test('another process continues a turn: one coherent stream, no repeated text, no gap', async () => {
    const release = holdAnswer(modelUrl());
    const stopped = bench.process(STOPPED);
    await stopped.sessions.createSession(KEY);
    const run = await stopped.runs.start(say('count to 40'));
    const listening = collect(run);
    const other = bench.process(ALIVE);
    await untilTakenOver(run.id, other.store);
    release();
    const { indexes, frames } = await listening;
    expectInOrder(indexes);
    const [interrupted, rest, ...more] = whole(frames);
    expect(more).toEqual([]);
    expect([interrupted!['interrupted'], rest!['interrupted']]).toEqual([true, undefined]);
    expect(textOf(interrupted!)).not.toBe('');
    expect(textOf(interrupted!) + textOf(rest!)).toBe(counted(40));
    for (const answer of [interrupted!, rest!]) {
      const pieces = frames.filter((frame) => frame['partial'] && frame['id'] === answer['id']);
      expect(pieces.map(textOf).join('')).toBe(textOf(answer));
      expect(answer['invocationId']).toBe(run.invocationId);
    }
    expect(run.state).toBe('completed');
    const { events } = (await other.sessions.getSession(KEY))!;
    expect(events.map(textOf)).toEqual(['count to 40', textOf(interrupted!), textOf(rest!)]);
    expect((await other.runs.list(KEY)).map(({ id, state }) => [id, state])).toEqual([[run.id, 'completed']]);
    const again = await other.runs.start(say('hello'));
    await again.ended;
    expect(again.state).toBe('completed');
  });

  test('a turn that was taken over is one turn of the process in which it ended, and its tokens are counted once', async () => {
    const seen = { turns: [] as string[], failed: 0, tokens: 0, faults: 0 };
    const metricsOf = (name: string): Metrics => ({
      ...combineMetrics([]),
      turn: ({ failed }) => {
        seen.turns.push(name);
        if (failed) seen.failed++;
      },
      tokens: ({ input, output }) => void (seen.tokens += input + output),
      fault: () => void seen.faults++,
    });
    const measured = (name: string) => ({
      onRunLeft: (...[run, left]: Parameters<NonNullable<RunServiceDeps['onRunLeft']>>) =>
        measureEnd(metricsOf(name), run, left),
    });
    const stopped = bench.process(STOPPED, measured('stopped'));
    await stopped.sessions.createSession(KEY);
    // The model answers twice: some of the tokens are the first process's.
    const release = holdAnswer(modelUrl(), { answer: 2, pieces: 0 });
    const run = await stopped.runs.start(say('note: one'));
    const other = bench.process(ALIVE, measured('other'));
    await untilTakenOver(run.id, other.store);
    release();
    await collect(run);
    while (other.runs.activeCount + stopped.runs.activeCount > 0) await Bun.sleep(20);
    const [summary] = await other.runs.list(KEY);
    expect((await other.store.get(run.id))?.takeovers).toBeGreaterThan(0);
    expect(seen).toMatchObject({ turns: ['other'], failed: 0, faults: 0 });
    expect(seen.tokens).toBeGreaterThanOrEqual(summary?.usage?.total ?? 0);
    expect(summary?.usage?.total).toBeGreaterThan(0);
  });

  test('a listener of a process that lost its lease gets each complete event once', async () => {
    const stopped = bench.process(STOPPED);
    // Its frames reach the store too late: events are in the session, but no frame of theirs is stored.
    const taken = Promise.withResolvers<void>();
    const addFrames = stopped.store.addFrames.bind(stopped.store);
    stopped.store.addFrames = async (...frames) => taken.promise.then(async () => addFrames(...frames));
    await stopped.sessions.createSession(KEY);
    const release = holdAnswer(modelUrl(), { answer: 2, pieces: 0 });
    const run = await stopped.runs.start(say('note: one'));
    const listening = collect(run);
    const other = bench.process(ALIVE);
    await untilTakenOver(run.id, other.store);
    taken.resolve();
    release();
    const { indexes, frames } = await listening;
    expectInOrder(indexes);
    expect((await other.store.get(run.id))?.takeovers).toBeGreaterThan(0);
    const { events } = (await other.sessions.getSession(KEY))!;
    expect(whole(frames).map(({ id }) => id)).toEqual(events.slice(1).map(({ id }) => id));
  });

  test('a process paused beyond its lease cannot write any more', async () => {
    const release = holdAnswer(modelUrl());
    const stopped = bench.process(STOPPED);
    await stopped.sessions.createSession(KEY);
    const run = await stopped.runs.start(say('count to 40'));
    const session = (await stopped.sessions.getSession(KEY))!;
    stopped.sessions.bindLease(session, 1);
    const other = bench.process(ALIVE);
    await untilTakenOver(run.id, other.store);
    const late = createEvent({ id: 'late', invocationId: run.invocationId, author: 'lornu' });
    expect(await stopped.sessions.appendEvent({ session, event: late }).catch((error) => error.code)).toBe(
      'LEASE_LOST',
    );
    expect(
      await stopped.store.addFrames({ runId: run.id, session: KEY, token: 1 }, [FRAME]).catch((e) => e.code),
    ).toBe('LEASE_LOST');
    release();
    await collect(run);
    expect((await other.sessions.getSession(KEY))!.events.some(({ id }) => id === 'late')).toBe(false);
  });

  /** What a killed process leaves: a begun run with these frames and events, and an expired lease. */
  async function leaveBehind(frames: Wire[], events: Wire[], text = 'note: one'): Promise<string> {
    const dead = bench.process(STOPPED);
    await dead.sessions.createSession(KEY);
    const request = say(text);
    const { lease, run } = await dead.store.begin(
      { id: 'run', session: KEY, invocationId: 'e-1', owner: 'dead', startedMs: Date.now(), request },
      { leaseMs: 1 },
    );
    const session = (await dead.sessions.getSession(KEY))!;
    dead.sessions.bindLease(session, lease.token);
    const { fromWire } = await import('../events/wire.ts');
    for (const event of events)
      await dead.sessions.appendEvent({ session, event: fromWire({ invocationId: 'e-1', ...event }) });
    const kept = frames.map((frame, index) => ({
      index,
      kind: 'error' in frame ? ('error' as const) : ('event' as const),
      json: JSON.stringify({ invocationId: 'e-1', ...frame }),
    }));
    if (kept.length > 0) await dead.store.addFrames(lease, kept);
    return run.id;
  }

  async function goOn(
    onLostTurn?: () => void,
  ): Promise<{ frames: Wire[]; state: string; events: Wire[]; state2: Wire }> {
    const { runs, sessions } = bench.process(ALIVE, onLostTurn ? { onLostTurn } : {});
    const { run } = await runs.attach({ session: KEY, runId: 'run' });
    const { frames } = await collect(run);
    const session = (await sessions.getSession(KEY))!;
    return { frames, state: run.state, events: session.events, state2: session.state };
  }

  const USER = { id: 'u1', author: 'user', content: { role: 'user', parts: [{ text: 'note: one' }] } };
  const callEvent = (name: string, args: Wire = {}): Wire => ({
    id: 'm1',
    author: 'lornu',
    content: { role: 'model', parts: [{ functionCall: { id: 'adk-1', name, args } }] },
  });

  test('if not even the message was stored, the turn begins again', async () => {
    await leaveBehind([], []);
    const { state, state2, events } = await goOn();
    expect(state).toBe('completed');
    expect(state2).toEqual({ 'user:notes': ['one'] });
    expect(events.filter(({ author }) => author === 'user').length).toBeGreaterThan(0);
  });

  test('a call without a stored response is not repeated: the model is told that its result is unknown', async () => {
    const call = callEvent('save_note', { text: 'one' });
    await leaveBehind([call], [USER, call]);
    const { frames, state, state2 } = await goOn();
    expect(state).toBe('completed');
    expect(state2).toEqual({});
    const answer = frames.find((frame) => frame['content']?.parts[0].functionResponse);
    expect(answer!['content'].parts[0].functionResponse).toMatchObject({ id: 'adk-1', name: 'save_note' });
    expect(answer!['content'].parts[0].functionResponse.response.error).toContain('not known');
  });

  test('a call that is safe to repeat is repeated', async () => {
    await leaveBehind([callEvent('list_notes')], [USER, callEvent('list_notes')]);
    const { frames, state } = await goOn();
    expect(state).toBe('completed');
    const answer = frames.find((frame) => frame['content']?.parts[0].functionResponse);
    expect(answer!['content'].parts[0].functionResponse.response).toEqual({ notes: [] });
  });

  test('the model is asked, in a prompt that nobody sees, to continue where its text stops', async () => {
    const content = { role: 'model', parts: [{ text: '1 2 3' }] };
    const asking = { ...USER, content: { role: 'user', parts: [{ text: 'count to 5' }] } };
    await leaveBehind([{ id: 'm1', author: 'lornu', partial: true, content }], [asking], 'count to 5');
    const requests: Wire[] = [];
    const recording = async (url: string | URL | Request, init?: RequestInit): Promise<Response> => {
      requests.push((await new Response(init?.body).json()) as Wire);
      return fetch(url, init);
    };
    useModel({
      backend: { kind: 'stand-in', baseUrl: modelUrl() },
      fetch: Object.assign(recording, { preconnect: fetch.preconnect }),
    });
    const { state, events } = await goOn();
    expect(state).toBe('completed');
    const [shown, asked] = requests[0]!['contents'].slice(-2);
    expect(shown).toEqual(content);
    expect(asked).toMatchObject({ role: 'user' });
    expect(asked.parts[0].text).toContain('exactly where it stops');
    expect(events.filter(({ author }) => author === 'user')).toHaveLength(1);
  });

  test('an event that was stored and not shown is shown, and a finished turn ends', async () => {
    const content = { role: 'model', parts: [{ text: 'Done.' }] };
    const said = { id: 'm2', author: 'lornu', content };
    await leaveBehind([{ ...said, partial: true }], [USER, { ...said, finishReason: 'STOP' }]);
    const { frames, state, events } = await goOn();
    expect(state).toBe('completed');
    expect(whole(frames).map(({ id }) => id)).toEqual(['m2']);
    expect(events).toHaveLength(2);
  });

  test('a turn that had failed, and whose process died before it could say so, has failed', async () => {
    const errorMessage = 'The connection to the model failed.';
    await leaveBehind([], [USER, { id: 'm1', author: 'lornu', errorCode: 'UNAVAILABLE', errorMessage }]);
    const { frames, state, events } = await goOn();
    expect(state).toBe('failed');
    expect(whole(frames).at(-1)).toMatchObject({ error: expect.stringContaining(errorMessage) });
    expect(events).toHaveLength(2);
  });

  const TOLD = Object.entries({ UNAVAILABLE: 'failed', SESSION_CHANGED: 'interrupted' });
  test.each(TOLD)(
    'a turn that has shown its error %s, and whose process died then, has %s',
    async (errorCode, end) => {
      const failure = { id: 'm1', author: 'lornu', errorCode, errorMessage: 'It failed.' };
      await leaveBehind([failure, { error: 'It failed.' }], [USER, failure]);
      const { frames, state } = await goOn();
      expect([state, whole(frames).length]).toEqual([end, 2]);
    },
  );

  test('a turn whose processes keep dying ends with an event that says so', async () => {
    const runId = await leaveBehind([], [USER]);
    const [odd, even] = [bench.process(STOPPED).store, bench.process(STOPPED).store];
    for (let taken = 0; taken < 31; await Bun.sleep(10)) {
      const store = taken % 2 ? odd : even;
      for (const expired of (await store.expired(10, 1, new Set(), 'crash')).leases)
        if (await store.take(expired, 'crash', -1)) taken++;
    }
    let lost = 0;
    const { frames, state } = await goOn(() => lost++);
    expect([state, lost]).toEqual(['interrupted', 1]);
    expect(whole(frames)[0]).toMatchObject({ errorCode: 'TURN_INTERRUPTED' });
    expect((await bench.process(STOPPED).runs.list(KEY))[0]!.id).toBe(runId);
  });

  test('a cancel from another process stops the model, keeps the shown text, and the next turn is valid', async () => {
    const carrier = bench.process(ALIVE);
    const other = bench.process(ALIVE);
    await carrier.sessions.createSession(KEY);
    const run = await carrier.runs.start(say('count to 100 every 20 ms'));
    const listening = collect(run);
    await Bun.sleep(150);
    expect(await other.runs.cancel({ session: KEY, runId: 'running' })).toMatchObject({
      id: run.id,
      state: 'cancelled',
    });
    const { frames } = await listening;
    const shown = frames
      .filter((frame) => frame['partial'])
      .map(textOf)
      .join('');
    const last = (await other.sessions.getSession(KEY))!.events.at(-1)! as Wire;
    expect([textOf(last), last['interrupted']]).toEqual([shown, true]);
    const again = await other.runs.start(say('hello'));
    await again.ended;
    expect(again.state).toBe('completed');
    expect(await other.runs.cancel({ session: KEY, runId: run.id })).toMatchObject({ state: 'cancelled' });
  });

  test('a cancel of a run whose process is dead closes it', async () => {
    await leaveBehind([], [USER, callEvent('save_note', { text: 'one' })]);
    const { runs, sessions } = bench.process({ ...ALIVE, takeOverEveryMs: 300 });
    expect(await runs.cancel({ session: KEY, runId: 'run' })).toMatchObject({ state: 'cancelled' });
    const last = (await sessions.getSession(KEY))!.events.at(-1) as Wire;
    expect(last['content'].parts[0].functionResponse.response.error).toContain('interrupted');
  });

  test('draining hands a run over, and its listener follows it', async () => {
    const release = holdAnswer(modelUrl());
    const old = bench.process(ALIVE);
    await old.sessions.createSession(KEY);
    const run = await old.runs.start(say('count to 40'));
    const listening = collect(run);
    await run.firstFrame;
    const next = bench.process(ALIVE);
    await old.runs.drain(0);
    release();
    expect(old.runs.activeCount).toBe(0);
    const { frames, indexes } = await listening;
    expectInOrder(indexes);
    expect(whole(frames).map(textOf).join('')).toBe(counted(40));
    expect((await next.runs.list(KEY))[0]!.state).toBe('completed');
  });

  test('two messages at once: one runs, the other is refused with the id of that run', async () => {
    const [a, b] = [bench.process(ALIVE), bench.process(ALIVE)];
    await a.sessions.createSession(KEY);
    const answers = await Promise.allSettled(
      [a, b].map(({ runs }) => runs.start(say('count to 60 every 40 ms'))),
    );
    const [started] = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    const [refused] = answers.flatMap((answer) => (answer.status === 'rejected' ? answer.reason : []));
    expect(refused).toMatchObject({
      code: 'SESSION_BUSY',
      headers: { 'lornu-run-id': started!.id, 'retry-after': '5' },
    });
    await a.runs.cancel({ session: KEY, runId: started!.id });
  });
});
