import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { LOCAL_PRINCIPAL } from '../identity/principal.ts';
import { ByteBudget } from '../identity/limits/byte-budget.ts';
import { CallerLimits } from '../identity/limits/caller-limits.ts';
import { SharedCounts } from '../identity/limits/shared-counts.ts';
import { bothStores, IDLE, KEY, say, textOf, type Wire } from '../testing/both-stores.ts';
import { silentLog, type RunBench } from '../testing/run-bench.ts';
import type { WhenBusy } from '../turn/turn-request.ts';
import { createAdmission } from './admission.ts';
import { MOST_QUEUED, MOST_QUEUED_BYTES } from './queue-bounds.ts';
import type { RunLimits } from './run-options.ts';
import type { Run, TurnRequest } from './run.ts';

const QUIET: Partial<RunLimits> = { ...IDLE, leaseMs: 60_000 };
const ALIVE: Partial<RunLimits> = {
  leaseMs: 5_000,
  renewEveryMs: 1_000,
  takeOverEveryMs: 50,
  cancelEveryMs: 20,
};
const LONG = 'count to 200 every 40 ms';
let bench: RunBench<unknown>;

const sayWhenBusy = (text: string, whenBusy: WhenBusy): TurnRequest => say(text, { whenBusy });
const codeOf = (error: { code?: string }): unknown => error.code;

async function firstFrameOf(run: Run): Promise<void> {
  for await (const _frame of run.frames()) return;
}

async function answerOf(run: Run): Promise<string> {
  let last = '';
  for await (const { json } of run.frames()) last = textOf(JSON.parse(json));
  return last;
}

describe.each(bothStores().stores)('a second message while a turn runs, in $name', ({ open }) => {
  beforeEach(async () => {
    bench = await open();
    await bench.process(QUIET).sessions.createSession(KEY);
  });
  afterEach(() => bench.close());

  /** The persons' messages, in the order in which they were stored. */
  const said = async (): Promise<string[]> =>
    (await bench.process(QUIET).sessions.getSession(KEY))!.events
      .filter(({ author }) => author === 'user')
      .map(textOf);

  test('queued messages are answered in order, each after the end of the previous one', async () => {
    const [here, other] = [bench.process(ALIVE), bench.process(ALIVE)];
    const first = await here.runs.start(say('count to 5 every 200 ms'));
    const second = await here.runs.start(sayWhenBusy('count to 6', 'queue'));
    const third = await other.runs.start(sayWhenBusy('count to 7', 'queue'));
    const fourth = await here.runs.start(sayWhenBusy('count to 8', 'queue'));
    expect([second.state, third.state, fourth.state]).toEqual(['queued', 'queued', 'queued']);
    expect(await Promise.all([first, second, third, fourth].map(answerOf))).toEqual([
      '1 2 3 4 5',
      '1 2 3 4 5 6',
      '1 2 3 4 5 6 7',
      '1 2 3 4 5 6 7 8',
    ]);
    expect([second.state, third.state, fourth.state]).toEqual(['completed', 'completed', 'completed']);
    const texts = (await here.sessions.getSession(KEY))!.events.map(textOf);
    expect(texts.filter((_, index) => index % 2 === 0)).toEqual([
      'count to 5 every 200 ms',
      'count to 6',
      'count to 7',
      'count to 8',
    ]);
    await third.ended;
    expect(third.tokens.total).toBeGreaterThan(0);
    const again = await here.runs.start(say('hello'));
    expect(again.state).toBe('running');
    await again.ended;
  });

  test('by default it is refused, even while others are queued', async () => {
    const { runs } = bench.process(ALIVE);
    const first = await runs.start(say(LONG));
    const queued = await runs.start(sayWhenBusy('count to 3', 'queue'));
    expect(await runs.start(say('hello')).catch(codeOf)).toBe('SESSION_BUSY');
    expect(await runs.start(sayWhenBusy('hello', 'refuse')).catch(codeOf)).toBe('SESSION_BUSY');
    await runs.cancel({ session: KEY, runId: first.id });
    expect(await answerOf(queued)).toBe('1 2 3');
    expect(await said()).toEqual([LONG, 'count to 3']);
  });

  test('a message whose process dies before its turn begins is taken by another process', async () => {
    const dead = bench.process({ ...IDLE, leaseMs: 300 });
    const { store, runs } = dead;
    // Begun by a dead process, whose place nobody has taken yet.
    await store.begin({ ...gone('first', 'count to 4'), owner: 'dead' }, { leaseMs: 300 });
    const queued = await runs.start(sayWhenBusy('count to 5', 'queue'));
    expect(queued.state).toBe('queued');
    await runs.drain(0);
    const { runs: next } = bench.process(ALIVE);
    const { run } = await next.attach({ session: KEY, runId: queued.id });
    expect(await answerOf(run)).toBe('1 2 3 4 5');
    expect(await said()).toEqual(['count to 4', 'count to 5']);
    expect((await next.list(KEY)).map(({ state }) => state)).toEqual(['completed', 'completed']);
  });

  test('a process that dies between the end of a turn and the beginning of the next loses nothing', async () => {
    const { store, runs } = bench.process({ ...IDLE, leaseMs: 300 });
    const { lease } = await store.begin(
      { ...gone('first', 'count to 4'), owner: 'dead' },
      { leaseMs: 60_000 },
    );
    const queued = await runs.start(sayWhenBusy('count to 5', 'queue'));
    const next = await store.end(lease, 'failed', []);
    expect(next).toMatchObject({ runId: queued.id });
    // The lease belongs to the queued run, and to nobody else.
    expect(await runs.start(say('hello')).catch(codeOf)).toBe('SESSION_BUSY');
    expect((await store.get(queued.id))?.state).toBe('queued');
    bench.process(ALIVE);
    expect(await answerOf(queued)).toBe('1 2 3 4 5');
    expect((await store.get(queued.id))?.takeovers).toBe(0);
  });

  test('interrupt stops the turn, keeps its shown text and goes ahead of the queue', async () => {
    const { runs, sessions } = bench.process(ALIVE);
    const first = await runs.start(say(LONG));
    const queued = await runs.start(sayWhenBusy('count to 5', 'queue'));
    await firstFrameOf(first);
    const urgent = await runs.start(sayWhenBusy('count to 3', 'interrupt'));
    expect(await answerOf(urgent)).toBe('1 2 3');
    expect(await answerOf(queued)).toBe('1 2 3 4 5');
    expect(first.state).toBe('cancelled');
    expect(await said()).toEqual([LONG, 'count to 3', 'count to 5']);
    const shown = (await sessions.getSession(KEY))!.events[1] as Wire;
    expect(textOf(shown)).toStartWith('1');
    expect(shown['interrupted']).toBe(true);
  });

  test('interrupt reaches a turn of another process', async () => {
    const [carrier, other] = [bench.process(ALIVE), bench.process(ALIVE)];
    const first = await carrier.runs.start(say(LONG));
    await firstFrameOf(first);
    const urgent = await other.runs.start(sayWhenBusy('count to 3', 'interrupt'));
    expect(await answerOf(urgent)).toBe('1 2 3');
    await first.ended;
    expect([first.state, urgent.state]).toEqual(['cancelled', 'completed']);
    expect(await said()).toEqual([LONG, 'count to 3']);
  });

  test('interrupt goes ahead of a message that is next and has not begun; neither is lost', async () => {
    const { store, runs } = bench.process(QUIET);
    const { lease } = await store.begin({ ...gone('first', 'x'), owner: 'dead' }, { leaseMs: 60_000 });
    const queued = await runs.start(sayWhenBusy('count to 5', 'queue'));
    await store.end(lease, 'failed', []);
    const urgent = await runs.start(sayWhenBusy('count to 3', 'interrupt'));
    bench.process(ALIVE);
    expect(await Promise.all([urgent, queued].map(answerOf))).toEqual(['1 2 3', '1 2 3 4 5']);
    expect(await said()).toEqual(['count to 3', 'count to 5']);
  });

  test('an idle session begins the turn at once, whatever whenBusy says', async () => {
    const { runs } = bench.process(ALIVE);
    for (const whenBusy of ['queue', 'interrupt', 'refuse'] as const) {
      const run = await runs.start(sayWhenBusy('count to 3', whenBusy));
      expect(run.state).toBe('running');
      expect(await answerOf(run)).toBe('1 2 3');
      await run.ended;
    }
  });

  test('a queued message is taken back without a trace; the next one is answered', async () => {
    const [here, other] = [bench.process(ALIVE), bench.process(ALIVE)];
    const first = await here.runs.start(say(LONG));
    const [back, stays] = [
      await here.runs.start(sayWhenBusy('never mind', 'queue')),
      await here.runs.start(sayWhenBusy('count to 4', 'queue')),
    ];
    const cancelled = await other.runs.cancel({ session: KEY, runId: back.id });
    expect(cancelled).toMatchObject({ id: back.id, state: 'cancelled' });
    await back.ended;
    expect(back.state).toBe('cancelled');
    expect(first.state).toBe('running');
    await here.runs.cancel({ session: KEY, runId: first.id });
    expect(await answerOf(stays)).toBe('1 2 3 4');
    expect(await said()).toEqual([LONG, 'count to 4']);
  });

  test('the next message is taken back before its turn begins', async () => {
    const { store, runs } = bench.process(QUIET);
    const { lease } = await store.begin({ ...gone('first', 'x'), owner: 'dead' }, { leaseMs: 60_000 });
    const back = await runs.start(sayWhenBusy('never mind', 'queue'));
    const stays = await runs.start(sayWhenBusy('count to 4', 'queue'));
    await store.end(lease, 'failed', []);
    expect(await runs.cancel({ session: KEY, runId: back.id })).toMatchObject({ state: 'cancelled' });
    expect((await store.running(KEY))?.id).toBe(stays.id);
    bench.process(ALIVE);
    expect(await answerOf(stays)).toBe('1 2 3 4');
    expect(await said()).toEqual(['count to 4']);
  });

  test('a session has a limit of queued messages and of their bytes', async () => {
    const { store, runs } = bench.process(QUIET);
    await store.begin({ ...gone('first', 'x'), owner: 'dead' }, { leaseMs: 60_000 });
    const large = 'x'.repeat(MOST_QUEUED_BYTES / 2);
    await runs.start(sayWhenBusy(large, 'queue'));
    const tooMuch = await runs.start(sayWhenBusy(large, 'queue')).catch((error: unknown) => error);
    expect(tooMuch).toMatchObject({ code: 'QUEUE_FULL', message: expect.stringContaining('bytes') });
    for (let n = 1; n < MOST_QUEUED; n++) await runs.start(sayWhenBusy('hello', 'queue'));
    for (const whenBusy of ['queue', 'interrupt'] as const) {
      const tooMany = await runs.start(sayWhenBusy('hello', whenBusy)).catch((error: unknown) => error);
      expect(tooMany).toMatchObject({ code: 'QUEUE_FULL', headers: { 'retry-after': '5' } });
    }
    expect((await store.get('first'))?.isCancelRequested).toBe(false);
    // The large one is stored completely.
    const queued = (await store.list(KEY, 50)).filter(({ state }) => state === 'queued');
    expect(queued).toHaveLength(MOST_QUEUED);
    expect(queued.some(({ request }) => request?.newMessage?.parts?.[0]?.text === large)).toBe(true);
  });

  test("a queued message takes one of its caller's slots, until its turn has ended", async () => {
    const { runs, sessions } = bench.process(ALIVE);
    const limits = new CallerLimits({
      numbers: { requestsPerMinute: 100, streams: 2, tokensPerDay: 1e9 },
      counts: new SharedCounts({ log: silentLog, now: Date.now }),
      now: Date.now,
    });
    const budget = new ByteBudget({ processBytes: 1e9, callerBytes: 1e9 });
    const start = createAdmission(
      runs,
      limits,
      budget,
      sessions,
      () => undefined,
      async () => {},
      silentLog,
    );
    const first = await start(LOCAL_PRINCIPAL, say(LONG));
    const queued = await start(LOCAL_PRINCIPAL, sayWhenBusy('count to 3', 'queue'));
    expect(await start(LOCAL_PRINCIPAL, sayWhenBusy('count to 4', 'queue')).catch(codeOf)).toBe(
      'LIMIT_REACHED',
    );
    await runs.cancel({ session: KEY, runId: queued.id });
    await queued.ended;
    const next = await start(LOCAL_PRINCIPAL, sayWhenBusy('count to 4', 'queue'));
    await runs.cancel({ session: KEY, runId: first.id });
    expect(await answerOf(next)).toBe('1 2 3 4');
  });

  test('deleting the session ends its queue, and listeners get the end', async () => {
    const { runs, sessions } = bench.process(ALIVE);
    const first = await runs.start(say(LONG));
    const queued = await runs.start(sayWhenBusy('count to 5', 'queue'));
    const listening = answerOf(queued);
    await sessions.deleteSession(KEY);
    expect(await listening).toBe('');
    await Promise.all([queued.ended, first.ended]);
    await sessions.createSession(KEY);
    const again = await runs.start(say('count to 3'));
    expect(await answerOf(again)).toBe('1 2 3');
    expect(await said()).toEqual(['count to 3']);
  });
});

/** A run of a dead process. */
const gone = (id: string, text: string) => ({
  id,
  session: KEY,
  invocationId: `e-${id}`,
  owner: 'dead',
  startedMs: Date.now(),
  request: say(text),
});
