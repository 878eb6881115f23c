import { AppError } from '@lornu/backend/errors/app-error.ts';
import { leaseTimes } from '@lornu/backend/runs/run-options.ts';
import { mulberry32 } from '@lornu/ops/base/seeded.ts';
import { VirtualTime } from './clock.ts';
import { Cut } from './connection.ts';
import type { Entry } from './check/history.ts';
import type { ModelFault, Plan } from './model.ts';
import { People } from './people.ts';
import type { StoreKind } from './stores.ts';
import { keyOf, World } from './world.ts';

/** One event of a scenario, `at` milliseconds after the beginning. */
export type Step = { at: number } & (
  | { do: 'send'; session: string; process: number; plan: Plan; whenBusy: 'refuse' | 'queue' | 'interrupt' }
  | { do: 'stop'; session: string; process: number; isNewest: boolean }
  | { do: 'listen'; session: string }
  | { do: 'intrude'; session: string; other: string; process: number }
  | { do: 'kill'; process: number; isAtCommit: boolean }
  | { do: 'pause'; process: number; forMs: number; isAtCommit: boolean }
  | { do: 'terminate'; process: number; withinMs: number }
  | { do: 'store away'; process: number; forMs: number }
  | { do: 'outage'; process: number; forMs: number }
  | { do: 'late answers'; process: number; forMs: number }
  | { do: 'model'; fault: ModelFault; forMs: number }
);

/** After these steps, another process may take over a turn. */
const DISTURBANCES: ReadonlySet<Step['do']> = new Set(['kill', 'pause', 'terminate', 'store away', 'outage']);

/** A script that can be run again: the same script gives the same history, byte for byte. */
export interface Scenario {
  seed: number;
  store: StoreKind;
  processes: number;
  /** How long a heartbeat holds the leases of its process, in milliseconds. There are three heartbeats in that time. */
  leaseMs: number;
  /** The time between two renewals of a lease, in milliseconds. */
  renewEveryMs: number;
  sessions: string[];
  /** The probability that a reader leaves after a frame, and comes back with its last id. */
  leaves: number;
  steps: Step[];
}

/** The duration of a tool that never answers. The service ends its turn because of the silence. */
const HANGS_MS = 24 * 60 * 60_000;
/** The share of tool calls that never answer, and of scenarios that end with one: each costs minutes of idle processes. */
const HANGS = 0.003;
const ENDS_HANGING = 0.02;
/** How long such a turn may delay the messages that wait behind it. */
const HELD_MS = 6 * 60_000;
/** The time after the last step until everything must have ended. */
const SETTLE_MS = 12 * 60_000;

/** A seed's scenario. Seeds alternate between the stores, unless one is given. */
export function scenarioOf(
  seed: number,
  store: StoreKind = seed % 2 === 0 ? 'Firestore' : 'SQLite',
): Scenario {
  const random = mulberry32(seed);
  const below = (n: number): number => Math.floor(random() * n);
  const processes = 2 + below(2);
  // Three of four scenarios are dense: many short turns in more sessions, with the same polling and leases.
  const isDense = random() < 0.75;
  const length = isDense ? 4 + below(9) : 1 + below(5);
  const sessions = Array.from({ length }, (_, index) => `s${index + 1}`);
  const count = isDense ? sessions.length * (12 + below(16)) : sessions.length * (6 + below(12));
  const lengthMs = count * (isDense ? 50 + below(150) : 250 + below(1_000));
  const mostWords = isDense ? 3 : 12;
  const trouble = random() < 0.25 ? 0 : random();
  const leaseMs = random() < 0.3 ? 15_000 : 1_500;
  // The service renews so rarely that most simulated runs end before.
  const renewEveryMs = random() < 0.3 ? leaseMs / 5 : leaseTimes(leaseMs).renewEveryMs;
  const step = (): Step => {
    const at = below(lengthMs);
    const session = sessions[below(sessions.length)] ?? 's1';
    const process = below(processes);
    if (random() < 0.55) {
      const words = 1 + below(random() < 0.1 ? mostWords * 4 : mostWords);
      const plan: Plan = { words, everyMs: 5 + below(isDense ? 50 : 250) };
      const ms = random() < HANGS ? HANGS_MS : below(1_500);
      if (random() < (isDense ? 0.1 : 0.35)) {
        plan.tool = { name: (['look', 'book', 'ask'] as const)[below(3)] ?? 'look', ms };
      }
      const whenBusy = (['refuse', 'queue', 'queue', 'interrupt'] as const)[below(4)] ?? 'queue';
      return { at, do: 'send', session, process, plan, whenBusy };
    }
    if (random() > trouble) {
      const kind = below(3);
      if (kind === 0) return { at, do: 'stop', session, process, isNewest: random() < 0.5 };
      if (kind === 1) return { at, do: 'listen', session };
      return { at, do: 'intrude', session, other: sessions[below(sessions.length)] ?? 's1', process };
    }
    const kind = below(13);
    if (kind < 3) return { at, do: 'kill', process, isAtCommit: random() < 0.5 };
    // Mostly about as long as a takeover needs, so that the process wakes up in the middle of it.
    const forMs = random() < 0.1 ? below(120_000) : Math.floor(leaseMs * (0.5 + random() * 1.5));
    if (kind < 5) return { at, do: 'pause', process, forMs, isAtCommit: random() < 0.5 };
    if (kind < 7) return { at, do: 'terminate', process, withinMs: below(4_000) };
    if (kind < 9) return { at, do: 'store away', process, forMs: below(random() < 0.2 ? 25_000 : 1_500) };
    if (kind < 11) return { at, do: 'late answers', process, forMs: below(8_000) };
    // Sometimes longer than the service waits for its store, or tries to ask the model.
    if (kind < 12) return { at, do: 'outage', process, forMs: below(random() < 0.3 ? 90_000 : 1_500) };
    const fault = (['overloaded', 'breaks off', 'silent'] as const)[below(3)] ?? 'silent';
    return { at, do: 'model', fault, forMs: below(random() < 0.2 ? 30_000 : 3_000) };
  };
  const steps = Array.from({ length: count }, step).toSorted((a, b) => a.at - b.at);
  // At the end there are no more interrupting messages.
  if (random() < ENDS_HANGING) {
    const plan: Plan = { words: 2, everyMs: 10, tool: { name: 'look', ms: HANGS_MS } };
    steps.push({
      at: lengthMs,
      do: 'send',
      session: sessions[0] ?? 's1',
      process: 0,
      plan,
      whenBusy: 'queue',
    });
  }
  const leaves = random() < 0.5 ? 0 : 0.1;
  return { seed, store, processes, leaseMs, renewEveryMs, sessions, leaves, steps };
}

/** Plays a scenario in virtual time. The scenario is complete when the function returns. */
export function simulate({ sessions, leaves, steps, ...options }: Scenario): Entry[] {
  const { seed } = options;
  const time = new VirtualTime(seed);
  const isDisturbed = steps.some((step) => DISTURBANCES.has(step.do));
  const hung = steps.filter((step) => step.do === 'send' && step.plan.tool?.ms === HANGS_MS).length;
  const settleMs = SETTLE_MS + hung * HELD_MS;
  return time.during(() => {
    const lastAt = steps.at(-1)?.at ?? 0;
    const losesAnswersForMs = isDisturbed ? lastAt : 0;
    const world = new World(time, { ...options, losesAnswersForMs });
    try {
      world.see({ is: 'begins', seed });
      const people = new People(world, leaves);
      void people.during(play(world, people, sessions, steps));
      if (!time.run(() => people.areDone, time.now + lastAt + settleMs)) people.leave();
      let isOver = false;
      const look = async (session: string): Promise<void> => {
        await people.untilEnded(session, settleMs);
        await people.lookBack(session);
      };
      void world
        .calm()
        .then(() => Promise.all(sessions.map(look)))
        .then(() => (isOver = true));
      time.run(() => isOver, time.now + settleMs);
      return world.history;
    } finally {
      world.close();
    }
  });
}

async function play(world: World, people: People, sessions: string[], steps: readonly Step[]): Promise<void> {
  await Promise.all(sessions.map((session) => create(world, session)));
  const beginsAt = world.time.now;
  for (const step of steps) {
    await world.time.sleep(beginsAt + step.at - world.time.now);
    void people.during(act(world, people, step));
  }
}

/** Creates a session. If the store does not answer in time, it may have been stored: it is created again if not. */
async function create(world: World, session: string): Promise<void> {
  const key = keyOf(session);
  try {
    await world.request(0, ({ sessions }) => sessions.createSession(key));
  } catch (error) {
    const isUnanswered = error instanceof AppError && error.code === 'STORE_UNAVAILABLE';
    if (!isUnanswered && !(error instanceof Cut)) throw error;
    const stored = await world.request(0, ({ sessions }) => sessions.getSession(key)).catch(() => undefined);
    if (!stored) await create(world, session);
  }
}

async function act(world: World, people: People, step: Step): Promise<void> {
  switch (step.do) {
    case 'send':
      return people.send(step.process, step.session, step.plan, step.whenBusy);
    case 'stop':
      return people.stop(step.process, step.session, step.isNewest);
    case 'listen':
      return people.listen(step.session);
    case 'intrude':
      return people.intrude(step.process, step.session, step.other);
    case 'kill':
      return world.kill(step.process, step.isAtCommit);
    case 'pause':
      return world.pause(step.process, step.forMs, step.isAtCommit);
    case 'terminate':
      return world.terminate(step.process, step.withinMs);
    case 'store away':
      return world.takeStoreAway(step.process, step.forMs);
    case 'outage':
      return world.takeStoreAwayAtCommit(step.process, step.forMs);
    case 'late answers':
      return world.delayAnswers(step.process, step.forMs);
    case 'model':
      world.modelFault = { kind: step.fault, until: world.time.now + step.forMs };
  }
}
