import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { bothStores, KEY, say } from '../testing/both-stores.ts';
import type { RunBench } from '../testing/run-bench.ts';
import { until } from '../testing/until.ts';
import type { AppError } from '../errors/app-error.ts';
import type { Maintenance } from './operator-store.ts';
import type { RunLimits } from './run-options.ts';
import { RunOperator } from './run-operator.ts';
import type { Run } from './run.ts';

const LIVELY: Partial<RunLimits> = { renewEveryMs: 50, takeOverEveryMs: 50, cancelEveryMs: 20 };
const LONG = 'count to 500 every 40 ms';
const REFUSAL = { sentence: 'Back at noon.', retryAfterSeconds: 90, by: 'operator:ann' };
const REFUSED = { code: 'MAINTENANCE', message: 'Back at noon.', headers: { 'retry-after': '90' } };
let bench: RunBench<unknown>;

describe.each(bothStores().stores)("an operator's actions, in $name", ({ open }) => {
  beforeEach(async () => {
    bench = await open();
  });
  afterEach(() => bench.close());

  /** A process of the service, with the actions of an operator who reaches it. */
  function process(clock?: () => number) {
    const parts = bench.process(LIVELY);
    const operator = new RunOperator({
      runs: parts.store,
      store: parts.operator,
      now: Date.now,
      ...(clock ? { clock } : {}),
    });
    return { ...parts, operator };
  }

  async function begin(on: ReturnType<typeof process>, more: Partial<typeof KEY> = {}): Promise<Run> {
    await on.sessions.createSession({ ...KEY, ...more });
    return on.runs.start(say(LONG, more));
  }

  test('every run of every process is listed, with its progress', async () => {
    const [here, there] = [process(), process()];
    const mine = await begin(here);
    const other = await begin(there, { userId: 'bob', sessionId: 'b1' });
    const queued = await there.runs.start(say('hello', { whenBusy: 'queue' }));
    const { runs, next } = await here.operator.list({}, 100);
    expect(next).toBeUndefined();
    const shown = runs.map(({ id, session, state }) => `${id} ${session.userId} ${state}`);
    expect(shown.toSorted()).toEqual(
      [`${mine.id} u running`, `${other.id} bob running`, `${queued.id} u queued`].toSorted(),
    );
    const eventMs = async () => (await here.operator.list({ userId: 'bob' }, 100)).runs[0]?.eventMs ?? 0;
    await until(async () => (await eventMs()) > 0);
    const seen = await eventMs();
    expect(Math.abs(Date.now() - seen)).toBeLessThan(15_000);
    // It grows with the events of the run, which only its process knows.
    await until(async () => (await eventMs()) > seen);
    expect((await here.operator.list({ userId: 'nobody' }, 100)).runs).toEqual([]);
    expect((await here.operator.list({ appName: 'lornu', userId: 'bob' }, 100)).runs).toHaveLength(1);
    expect((await here.operator.list({ appName: 'other' }, 100)).runs).toEqual([]);
  });

  test('a lease renewal shows the tokens and silence of its run', async () => {
    const here = process();
    await here.sessions.createSession(KEY);
    const startedMs = Date.now();
    const run = { id: 'r1', session: KEY, invocationId: 'e1', owner: 'p1', startedMs, request: say('x') };
    const { lease } = await here.store.begin(run, { leaseMs: 60_000 });
    const shown = async () => (await here.operator.list({}, 10)).runs.find(({ id }) => id === 'r1');
    const { request: _request, ...kept } = run;
    const begun = { ...kept, state: 'running', takeovers: 0, isCancelRequested: false };
    expect(await shown()).toEqual({ ...begun, tokens: 0 } as never);
    await here.store.renew(lease, 60_000, { tokens: 42, eventMs: startedMs + 7 });
    await here.store.renew(lease, 60_000, { tokens: 43, eventMs: startedMs + 9 });
    await here.store.requestCancel('r1');
    const now = { tokens: 43, eventMs: startedMs + 9, isCancelRequested: true };
    expect(await shown()).toEqual({ ...begun, ...now } as never);
    await here.store.end(lease, 'cancelled', []);
    expect(await shown()).toBeUndefined();
  });

  test('pages hold every run once', async () => {
    const here = process();
    const begun = await Promise.all(
      ['a', 'b', 'c', 'd', 'e'].map(async (sessionId) => begin(here, { sessionId })),
    );
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await here.operator.list({}, 2, cursor);
      expect(page.runs.length).toBeLessThanOrEqual(2);
      found.push(...page.runs.map(({ id }) => id));
      cursor = page.next;
    } while (cursor !== undefined);
    expect(found.toSorted()).toEqual(begun.map(({ id }) => id).toSorted());
  });

  test('one run is cancelled in whichever process it is, and the others continue', async () => {
    const [here, there] = [process(), process()];
    const mine = await begin(here);
    const other = await begin(there, { sessionId: 'b1' });
    expect(await here.operator.stop({ runId: other.id })).toEqual([other.id]);
    await other.ended;
    expect([other.state, mine.state]).toEqual(['cancelled', 'running']);
    expect(await here.operator.stop({ runId: other.id })).toEqual([]);
    const refused = here.operator.stop({ runId: 'none' }).catch((error: { code: string }) => error.code);
    expect(await refused).toBe('RUN_NOT_FOUND');
  });

  test.each([
    ["the operator's sentence", 'We move the store.', 'We move the store.'],
    [
      'a general sentence if the operator gave none',
      undefined,
      'An operator of this service stopped the answer.',
    ],
  ])('below a stopped answer, people read %s', async (_what, sentence, read) => {
    const [here, there] = [process(), process()];
    const run = await begin(there);
    await until(async () => (await here.operator.list({}, 10)).runs[0]?.eventMs !== undefined);
    await here.operator.stop({ runId: run.id }, sentence);
    await run.ended;
    expect(run.state).toBe('cancelled');
    const last = async () => (await here.sessions.getSession(KEY))!.events.at(-1);
    expect(await last()).toMatchObject({ errorCode: 'STOPPED_BY_OPERATOR', errorMessage: read });

    // People who cancel their own turn get no reason.
    const own = await there.runs.start(say(LONG));
    await own.firstFrame;
    await there.runs.cancel({ session: KEY, runId: own.id });
    expect((await last())?.errorCode).toBeUndefined();
  });

  test("a user's runs are cancelled, queued messages included, and nobody else's", async () => {
    const [here, there] = [process(), process()];
    const running = await begin(there);
    const queued = await there.runs.start(say('hello', { whenBusy: 'queue' }));
    const spared = await begin(there, { userId: 'bob', sessionId: 'b1' });
    expect((await here.operator.stop({ userId: 'u' })).toSorted()).toEqual(
      [running.id, queued.id].toSorted(),
    );
    await Promise.all([running.ended, queued.ended]);
    expect([running.state, queued.state, spared.state]).toEqual(['cancelled', 'cancelled', 'running']);
    // The message that was taken back was never stored.
    const { events } = (await here.sessions.getSession(KEY))!;
    expect(events.filter(({ author }) => author === 'user')).toHaveLength(1);
    expect(await here.operator.stop({ appName: 'other' })).toEqual([]);
    expect(await here.operator.stop('all')).toEqual([spared.id]);
    await spared.ended;
    expect(spared.state).toBe('cancelled');
  });

  test('maintenance refuses new turns here at once and elsewhere within two seconds, and so does its end', async () => {
    let clockMs = 10_000;
    const [here, there] = [process(() => clockMs), process(() => clockMs)];
    await Promise.all([here.operator.assertOpen(), there.operator.assertOpen()]);
    const running = await begin(there);
    await here.operator.refuse(REFUSAL);
    expect(await refusalOf(here.operator)).toEqual(REFUSED);
    clockMs += 2_000;
    expect(await refusalOf(there.operator)).toEqual(REFUSED);
    expect(running.state).toBe('running');
    // A process that starts meanwhile knows it from its first turn on.
    const late = process(() => clockMs);
    expect(await refusalOf(late.operator)).toEqual(REFUSED);
    expect(await late.operator.maintenance()).toMatchObject(REFUSAL);
    await there.operator.allow();
    expect(await refusalOf(there.operator)).toBeUndefined();
    clockMs += 2_000;
    expect(await refusalOf(here.operator)).toBeUndefined();
    expect(await late.operator.maintenance()).toBeUndefined();
  });

  test('a turn that is refused while its session is being read leaves nothing, and its refusal comes first', async () => {
    const here = process();
    await here.sessions.createSession(KEY);
    await here.operator.refuse(REFUSAL);
    const refused = async () => here.runs.start(say(LONG), here.operator.assertOpen()).catch(codeOf);
    expect(await refused()).toBe('MAINTENANCE');
    expect(await here.runs.list(KEY)).toEqual([]);
    expect((await here.sessions.getSession(KEY))?.events).toEqual([]);
    await here.runs.start(say(LONG));
    // Not that the session is busy.
    expect(await refused()).toBe('MAINTENANCE');
  });
});

describe('asking the store for maintenance', () => {
  function operatorWith(maintenance: () => Promise<Maintenance | undefined>, clock: () => number) {
    const store = {
      maintenance,
      activeRuns: never,
      setMaintenance: never,
      keepStopSentence: never,
      stopSentence: never,
    };
    return new RunOperator({
      runs: { get: never, requestCancel: never, cancelQueued: never },
      store,
      now: Date.now,
      clock,
    });
  }
  const never = async (): Promise<never> => Promise.reject(new Error('not asked for'));

  test('costs one read a second while turns arrive, however many, and none otherwise', async () => {
    let [asked, clockMs] = [0, 0];
    const look = async () => {
      asked++;
      return undefined;
    };
    const operator = operatorWith(look, () => clockMs);
    await Promise.all(Array.from({ length: 50 }, async () => operator.assertOpen()));
    expect(asked).toBe(1);
    clockMs += 1_000;
    await operator.assertOpen();
    expect(asked).toBe(1);
    clockMs += 1;
    await operator.assertOpen();
    expect(asked).toBe(2);
    clockMs += 3_600_000;
    expect(asked).toBe(2);
  });

  test('in vain: the last known state counts, so neither a turn nor a refusal depends on it', async () => {
    let clockMs = 0;
    const answers: (Maintenance | undefined | Error)[] = [];
    const operator = operatorWith(
      async () => {
        const answer = answers.shift();
        if (answer instanceof Error) throw answer;
        return answer;
      },
      () => (clockMs += 2_000),
    );
    answers.push(new Error('away'));
    expect(await refusalOf(operator)).toBeUndefined();
    answers.push({ ...REFUSAL, sinceMs: 1 });
    expect(await refusalOf(operator)).toEqual(REFUSED);
    answers.push(new Error('away'));
    expect(await refusalOf(operator)).toEqual(REFUSED);
    expect(await refusalOf(operator)).toBeUndefined();
  });
});

const codeOf = ({ code }: AppError): string => code;

const refusalOf = async (operator: RunOperator): Promise<unknown> =>
  operator.assertOpen().then(
    () => undefined,
    ({ code, message, headers }: AppError) => ({ code, message, headers }),
  );
