import { mulberry32 } from '@lornu/ops/base/seeded.ts';
import { VirtualTime } from './clock.ts';
import type { Entry } from './check/history.ts';
import type { ModelFault, Plan } from './model.ts';
import { People } from './people.ts';
import { keyOf, World } from './world.ts';

/** One thing that happens, `at` milliseconds after the beginning. */
export type Step = { at: number } & (
  | { do: 'send'; session: string; process: number; plan: Plan; whenBusy: 'refuse' | 'queue' | 'interrupt' }
  | { do: 'stop'; session: string; process: number; isNewest: boolean }
  | { do: 'listen'; session: string }
  | { do: 'intrude'; session: string; other: string; process: number }
  | { do: 'kill'; process: number }
  | { do: 'pause'; process: number; forMs: number }
  | { do: 'terminate'; process: number; withinMs: number }
  | { do: 'store away'; process: number; forMs: number }
  | { do: 'model'; fault: ModelFault; forMs: number }
);

/** A script that can be run again: the same script gives the same history, byte for byte. */
export interface Scenario {
  seed: number;
  processes: number;
  /** How long a process has a session, milliseconds; renewed three times within that. */
  leaseMs: number;
  sessions: string[];
  /** How likely a reader leaves after a frame, to come back with its last id. */
  leaves: number;
  steps: Step[];
}

/** After the last step, everything has so long to come to its end. */
const SETTLE_MS = 12 * 60_000;

export function scenarioOf(seed: number): Scenario {
  const random = mulberry32(seed);
  const below = (n: number): number => Math.floor(random() * n);
  const processes = 2 + below(2);
  const sessions = Array.from({ length: 1 + below(3) }, (_, index) => `s${index + 1}`);
  const count = 12 + below(24);
  const lengthMs = count * (400 + below(1_600));
  const trouble = random();
  const leaseMs = random() < 0.3 ? 15_000 : 1_500;
  const step = (): Step => {
    const at = below(lengthMs);
    const session = sessions[below(sessions.length)] ?? 's1';
    const process = below(processes);
    if (random() < 0.55) {
      const plan: Plan = { words: 1 + below(random() < 0.1 ? 40 : 12), everyMs: 5 + below(250) };
      const ms = random() < 0.03 ? 400_000 : below(1_500);
      if (random() < 0.35) plan.tool = { name: random() < 0.5 ? 'look' : 'book', ms };
      const whenBusy = (['refuse', 'queue', 'queue', 'interrupt'] as const)[below(4)] ?? 'queue';
      return { at, do: 'send', session, process, plan, whenBusy };
    }
    if (random() > trouble) {
      const kind = below(3);
      if (kind === 0) return { at, do: 'stop', session, process, isNewest: random() < 0.5 };
      if (kind === 1) return { at, do: 'listen', session };
      return { at, do: 'intrude', session, other: sessions[below(sessions.length)] ?? 's1', process };
    }
    const kind = below(10);
    if (kind < 3) return { at, do: 'kill', process };
    // Mostly about as long as others need to take over: it wakes up in the middle of that.
    const forMs = random() < 0.1 ? below(120_000) : Math.floor(leaseMs * (0.5 + random() * 1.5));
    if (kind < 5) return { at, do: 'pause', process, forMs };
    if (kind < 7) return { at, do: 'terminate', process, withinMs: below(4_000) };
    if (kind < 9) return { at, do: 'store away', process, forMs: below(random() < 0.2 ? 12_000 : 1_500) };
    const fault = (['overloaded', 'breaks off', 'silent'] as const)[below(3)] ?? 'silent';
    return { at, do: 'model', fault, forMs: below(3_000) };
  };
  const steps = Array.from({ length: count }, step).toSorted((a, b) => a.at - b.at);
  return { seed, processes, leaseMs, sessions, leaves: random() < 0.5 ? 0 : 0.1, steps };
}

/** Plays a scenario in virtual time; everything has happened when it returns. */
export function simulate({ seed, processes, leaseMs, sessions, leaves, steps }: Scenario): Entry[] {
  const time = new VirtualTime(seed);
  return time.during(() => {
    const world = new World(time, { processes, leaseMs, seed });
    try {
      world.see({ is: 'begins', seed, isShownFirst: false });
      const people = new People(world, leaves);
      void people.during(play(world, people, sessions, steps));
      const lastAt = steps.at(-1)?.at ?? 0;
      if (!time.run(() => people.areDone, time.now + lastAt + SETTLE_MS)) people.leave();
      let isOver = false;
      const look = async (session: string): Promise<void> => {
        await people.untilEnded(session, SETTLE_MS);
        await people.lookBack(session);
      };
      void world
        .calm()
        .then(() => Promise.all(sessions.map(look)))
        .then(() => (isOver = true));
      time.run(() => isOver, time.now + SETTLE_MS);
      return world.history;
    } finally {
      world.close();
    }
  });
}

async function play(world: World, people: People, sessions: string[], steps: readonly Step[]): Promise<void> {
  await Promise.all(
    sessions.map((session) => world.request(0, (process) => process.sessions.createSession(keyOf(session)))),
  );
  const beginsAt = world.time.now;
  for (const step of steps) {
    await world.time.sleep(beginsAt + step.at - world.time.now);
    void people.during(act(world, people, step));
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
      return world.kill(step.process);
    case 'pause':
      return world.pause(step.process, step.forMs);
    case 'terminate':
      return world.terminate(step.process, step.withinMs);
    case 'store away':
      return world.takeStoreAway(step.process, step.forMs);
    case 'model':
      world.modelFault = { kind: step.fault, until: world.time.now + step.forMs };
  }
}
