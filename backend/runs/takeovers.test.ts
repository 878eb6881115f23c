import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { AppError } from '../errors/app-error.ts';
import { bothStores, IDLE, KEY } from '../testing/both-stores.ts';
import { holdAnswer } from '../testing/hold-answer.ts';
import type { RunBench, TestProcess } from '../testing/run-bench.ts';
import type { LiveRun } from './live-run.ts';
import type { RunLimits } from './run-options.ts';
import type { Lease, RunStore } from './run-store.ts';

const ALIVE: Partial<RunLimits> = {
  leaseMs: 3_000,
  renewEveryMs: 500,
  takeOverEveryMs: 50,
  cancelEveryMs: 1e9,
};
const key = (sessionId: string) => ({ ...KEY, sessionId });
const SESSIONS = ['s0', 's1', 's2', 's3'];
/** The session with the faults. */
const BAD = 's1';
const unavailable = (): AppError => new AppError('STORE_UNAVAILABLE');

let bench: RunBench<unknown>;

const { stores: kinds, modelUrl } = bothStores();

describe.each(kinds)('takeovers in $name', ({ open }) => {
  let stores: TestProcess;

  beforeEach(async () => {
    bench = await open();
    stores = bench.process(IDLE);
    for (const id of SESSIONS) {
      await stores.sessions.createSession(key(id));
      await stores.store.begin(begun(id), { leaseMs: 1 });
    }
  });
  afterEach(() => bench.close());

  /** A process on the same store, some of whose calls fail. */
  function survivor(faults: { [name: string]: (...args: never[]) => unknown }): TestProcess {
    const parts = { runs: withFaults(stores.store, faults), sessions: withFaults(stores.sessions, faults) };
    return bench.process(ALIVE, parts);
  }

  const stateOf = async (id: string): Promise<unknown> => (await stores.store.get(id))?.state;

  /** Resolves once all these have completed; throws after 10 s. */
  async function completed(ids: readonly string[]): Promise<void> {
    const giveUpAt = performance.now() + 10_000;
    for (;;) {
      const states = await Promise.all(ids.map(stateOf));
      if (states.every((state) => state === 'completed')) return;
      if (performance.now() > giveUpAt) throw new Error(`Not completed: ${states.join(' ')}`);
      await Bun.sleep(20);
    }
  }

  const others = SESSIONS.filter((id) => id !== BAD);

  test('a lease that is refused for three seconds delays no other, and is taken afterwards', async () => {
    let refusals = 0;
    let isRefused = true;
    survivor({
      take: async (...[expired, ...rest]: Parameters<RunStore['take']>) => {
        if (expired.runId !== BAD || !isRefused) return stores.store.take(expired, ...rest);
        refusals++;
        throw unavailable();
      },
    });
    await Promise.all([completed(others), Bun.sleep(3_000)]);
    expect(await stateOf(BAD)).toBe('running');
    expect(refusals).toBeGreaterThan(1);
    isRefused = false;
    await completed([BAD]);
    // The session is free.
    await stores.store.begin({ ...begun(BAD), id: 'next' }, { leaseMs: 1 });
  });

  test('a slow lease delays no other, however many polls it takes', async () => {
    const answer = Promise.withResolvers<void>();
    survivor({
      take: async (...[expired, ...rest]: Parameters<RunStore['take']>) => {
        if (expired.runId === BAD) await answer.promise;
        return stores.store.take(expired, ...rest);
      },
    });
    await completed(others);
    // Begun later: found by another poll.
    await stores.sessions.createSession(key('s9'));
    await stores.store.begin(begun('s9'), { leaseMs: 1 });
    await completed(['s9']);
    answer.resolve();
    await completed([BAD]);
  });

  test.each(['session', 'frames'])(
    'reading its %s fails once: it is released and taken again',
    async (what) => {
      let failures = 0;
      const handedOver: string[] = [];
      const fail = (of: string, id: string): void => {
        if (of === what && id === BAD && failures++ === 0) throw unavailable();
      };
      survivor({
        handOver: async (lease: Lease) => {
          handedOver.push(lease.runId);
          await stores.store.handOver(lease);
        },
        getSession: async (of: ReturnType<typeof key>) => {
          fail('session', of.sessionId);
          return stores.sessions.getSession(of);
        },
        frames: async (runId: string, fromIndex: number) => {
          fail('frames', runId);
          return stores.store.frames(runId, fromIndex);
        },
      });
      await completed(SESSIONS);
      expect(handedOver).toEqual([BAD]);
      expect((await stores.store.get(BAD))?.takeovers).toBe(2);
    },
  );

  test('a run that cannot even be released is not renewed, and another process takes it', async () => {
    let isTaken = false;
    survivor({
      take: async (...[expired, ...rest]: Parameters<RunStore['take']>) => {
        if (expired.runId === BAD && isTaken) return undefined;
        isTaken ||= expired.runId === BAD;
        return stores.store.take(expired, ...rest);
      },
      handOver: async () => {
        throw unavailable();
      },
      getSession: async (of: ReturnType<typeof key>) => {
        if (of.sessionId === BAD) throw unavailable();
        return stores.sessions.getSession(of);
      },
    });
    await completed(others);
    bench.process(ALIVE);
    await completed([BAD]);
  });

  test('a lease that cannot be released at first is released as soon as the store answers', async () => {
    let refusals = 0;
    let failures = 0;
    const faults = {
      handOver: async (lease: Lease) => {
        if (refusals++ < 3) throw unavailable();
        await stores.store.handOver(lease);
      },
      getSession: async (of: ReturnType<typeof key>) => {
        if (of.sessionId === BAD && failures++ === 0) throw unavailable();
        return stores.sessions.getSession(of);
      },
    };
    const parts = { runs: withFaults(stores.store, faults), sessions: withFaults(stores.sessions, faults) };
    bench.process({ ...ALIVE, leaseMs: 600_000 }, parts);
    await completed(SESSIONS);
    expect(refusals).toBe(4);
  });

  test('a heartbeat that runs out ends the leases of its process, and of no other', async () => {
    for (const [id, owner, holdMs] of [
      ['s5', 'dead', 1],
      ['s6', 'alive', 600_000],
      ['s7', 'as before heartbeats', undefined],
    ] as const) {
      await stores.sessions.createSession(key(id));
      if (holdMs !== undefined) await stores.store.beat(owner, holdMs);
      await stores.store.begin({ ...begun(id), owner }, { leaseMs: 600_000 });
    }
    bench.process({ ...ALIVE, leaseMs: 600_000 });
    await completed([...SESSIONS, 's5']);
    expect(await Promise.all(['s6', 's7'].map(stateOf))).toEqual(['running', 'running']);
    await stores.store.stopBeating('alive');
    expect((await stores.store.expired(10, 600_000, new Set(), 'other')).leases).toEqual([]);
  });

  test('a process whose heartbeat had run out asks for each of its leases, and stops the runs that were taken', async () => {
    let isAway = false;
    const parts = {
      runs: withFaults(stores.store, {
        beat: async (owner: string, holdMs: number) => {
          if (isAway) throw unavailable();
          return stores.store.beat(owner, holdMs);
        },
      }),
      sessions: stores.sessions,
    };
    const times = { holdMs: 600, beatEveryMs: 200, leaseMs: 600_000, renewEveryMs: 1e9 };
    const late = bench.process({ ...IDLE, ...times }, parts);
    await late.sessions.createSession(key('s8'));
    const silent = { role: 'user', parts: [{ text: 'simulate stall after 3' }] };
    const run = await late.runs.start({ ...key('s8'), streaming: true, newMessage: silent });
    await run.firstFrame;
    isAway = true;
    // The same length of a lease: a much longer one would count as written before a restart of the machine.
    bench.process({ ...ALIVE, leaseMs: 600_000, silentMs: 400 });
    for (let n = 0; n < 1_000 && (await stores.store.get(run.id))?.takeovers === 0; n++) await Bun.sleep(10);
    expect(late.runs.activeCount).toBe(1);
    isAway = false;
    for (let n = 0; n < 1_000 && late.runs.activeCount > 0; n++) await Bun.sleep(10);
    expect(late.runs.activeCount).toBe(0);
  });

  test('a run whose session is gone is ended', async () => {
    survivor({
      getSession: async (of: ReturnType<typeof key>) =>
        of.sessionId === BAD ? undefined : stores.sessions.getSession(of),
    });
    await completed(others);
    for (let n = 0; n < 200 && (await stateOf(BAD)) === 'running'; n++) await Bun.sleep(20);
    expect(await stateOf(BAD)).toBe('interrupted');
  });

  test('a run that comes back to its process is executed once: the attempt that had lost its lease stops', async () => {
    await stores.sessions.createSession(key('s9'));
    const release = holdAnswer(modelUrl(), { pieces: 0 });
    let looks = false;
    const process = survivor({
      renew: async () => true,
      expired: async (...args: Parameters<RunStore['expired']>) =>
        looks ? stores.store.expired(...args) : { leases: [], nextInMs: undefined },
    });
    const first = (await process.runs.start({
      ...key('s9'),
      streaming: true,
      newMessage: { role: 'user', parts: [{ text: 'hello' }] },
    })) as LiveRun;
    await stores.store.handOver(first.lease);
    const { leases } = await stores.store.expired(10, 1, new Set(), 'other');
    const given = leases.find(({ runId }) => runId === first.id);
    const taken = await stores.store.take(given!, 'other', 60_000);
    await stores.store.handOver(taken!.lease);
    looks = true;
    try {
      await first.ended;
      expect(first.stopReason).toBe('lease-lost');
      await completed([first.id]);
    } finally {
      release();
    }
  });

  test('a lease that cannot be renewed does not cost others theirs', async () => {
    const process = survivor({
      renew: async (...[lease, ...rest]: Parameters<RunStore['renew']>) => {
        // Never answered.
        if (lease.session.sessionId === BAD) await new Promise(() => undefined);
        return stores.store.renew(lease, ...rest);
      },
    });
    await completed(SESSIONS);
    const say = (id: string) => ({
      ...key(id),
      streaming: true,
      newMessage: { role: 'user', parts: [{ text: 'count to 100 every 40 ms' }] },
    });
    const [good, bad] = await Promise.all(['s0', BAD].map((id) => process.runs.start(say(id))));
    bench.process(ALIVE);
    await Promise.all([good!.ended, bad!.ended]);
    expect((await stores.store.get(good!.id))?.takeovers).toBe(0);
    expect((await stores.store.get(bad!.id))?.takeovers).toBeGreaterThan(0);
  });
});

const begun = (id: string) => ({
  id,
  session: key(id),
  invocationId: `e-${id}`,
  owner: 'dead',
  startedMs: Date.now(),
  request: { ...key(id), streaming: true, newMessage: { role: 'user', parts: [{ text: 'hello' }] } },
});

/** The same object, with some of its methods replaced. */
function withFaults<T extends object>(target: T, faults: object): T {
  return new Proxy(target, {
    get(_target, name) {
      const value: unknown = Reflect.get(faults, name) ?? Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
