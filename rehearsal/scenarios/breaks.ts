import { DescribeServicesCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { createSession, errorOf, deleteSession } from '@lornu/ops/verify/conversation.ts';
import { judged, type Verdict } from '@lornu/ops/verify/verdict.ts';
import { signalGroup } from '@lornu/ops/process/run-command.ts';
import { badImage } from './bad-image.ts';
import { failingImage } from './failing-image.ts';
import { killedTask } from './killed-task.ts';
import { rollingDeploy } from './rolling-deploy.ts';
import type { Scenario, Stage } from './scenario.ts';
import { collectTurn, countedTo, faultOf, steadfastTurn, type SeenTurn } from './steadfast-turn.ts';
import { targetOf } from './targets.ts';

/** A fault injected into a running environment, and how to see that it is over. */
export interface Break extends Scenario {
  /** The injected fault. */
  does: string;
  /** What people see meanwhile. */
  people: string;
  /** How recovery is checked. */
  recovery: string;
}

const STREAMS = 6;
const WORDS = 60;
const EVERY_MS = 150;
const TEXT = `count to ${WORDS} every ${EVERY_MS} ms`;
const PATIENCE_MS = 90_000;
/** Longer than a call waits by itself, and well below the 45 s that a running turn survives. */
const AWAY_MS = 6_000;
/** A lease is 15 s: after that another process has the turns. */
const FROZEN_MS = 22_000;
const STEADY_MS = 90_000;
const WHOLE = 'every turn under way ends whole, and the next one is answered';

export interface StreamsSeen {
  faults: (string | undefined)[];
  /** Streams that had not ended when the break began: with none, nothing was broken. */
  underWay: number;
  /** Faults of a turn that was started after the break; undefined if there are none. */
  afterwards: string | undefined;
  /** Milliseconds from the end of the break to that turn's answer. */
  recoveredAfterMs: number;
}

export function judgeStreams({ faults, underWay, afterwards, recoveredAfterMs }: StreamsSeen): Verdict {
  const lost = faults.filter((fault) => fault !== undefined);
  const told = [
    `${faults.length - lost.length} of ${faults.length} turns whole, ${underWay} of them under way when it broke`,
    afterwards === undefined
      ? `the next turn was answered ${(recoveredAfterMs / 1000).toFixed(1)} s after it was over`
      : `the next turn: ${afterwards}`,
    ...(lost.length > 0 ? [`first loss: ${lost[0]}`] : []),
  ].join('; ');
  return judged(lost.length === 0 && underWay > 0 && afterwards === undefined, WHOLE, told);
}

/** Starts turns, breaks something while they run, repairs it, and checks these turns and a new one. */
async function underStreams({ served, context }: Stage, breakAndMend: () => Promise<void>): Promise<Verdict> {
  const target = await targetOf(served, context.signal);
  let underWay = 0;
  const begun = Array.from({ length: STREAMS }, () => Promise.withResolvers<void>());
  const turns = Promise.all(
    begun.map(async ({ resolve }) => {
      const onBegun = (): void => {
        underWay++;
        resolve();
      };
      const seen = await steadfastTurn(target, { text: TEXT, patienceMs: PATIENCE_MS, onBegun });
      underWay--;
      return seen;
    }),
  );
  turns.catch(() => undefined);
  await Promise.race([Promise.all(begun.map(({ promise }) => promise)), turns, served.failed]);
  const atBreak = underWay;
  await Promise.race([breakAndMend(), served.failed]);
  const mendedAtMs = performance.now();
  const next = await Promise.race([
    steadfastTurn(target, { text: 'count to 3', patienceMs: PATIENCE_MS }),
    served.failed,
  ]);
  const recoveredAfterMs = performance.now() - mendedAtMs;
  const seen: SeenTurn[] = await Promise.race([turns, served.failed]);
  return judgeStreams({
    faults: seen.map((turn) => faultOf(turn, countedTo(WORDS))),
    underWay: atBreak,
    afterwards: faultOf(next, countedTo(3)),
    recoveredAfterMs,
  });
}

/** Stops a program of this rehearsal for some time, as if it did not answer: its connections stay open. */
async function freeze(pid: number, forMs: number): Promise<void> {
  signalGroup(pid, 'SIGSTOP');
  try {
    await Bun.sleep(forMs);
  } finally {
    signalGroup(pid, 'SIGCONT');
  }
}

const away = (id: string, what: 'firestore' | 'gemini', name: string): Break => ({
  id,
  title: `${name} does not answer for ${AWAY_MS / 1000} s: turns wait for it and end whole`,
  does: `${name} is stopped (SIGSTOP) for ${AWAY_MS / 1000} s under ${STREAMS} streams, then goes on`,
  people: 'the answer pauses, and goes on',
  recovery: WHOLE,
  run: async (stage, io) =>
    underStreams(stage, async () => {
      io.line(`${name} is away`);
      await freeze(stage.served.standInPids[what], AWAY_MS);
      io.line(`${name} is back`);
    }),
});

const frozenTask: Break = {
  id: 'frozen-task',
  title:
    'a task hangs longer than its lease and wakes up: another one has its turns, and nothing is written twice',
  does: `one task is stopped (SIGSTOP) for ${FROZEN_MS / 1000} s under ${STREAMS} streams, longer than a lease, then wakes up`,
  people: 'answers of that task pause, and go on from another one',
  recovery: `${WHOLE}; the service is steady again`,
  run: async (stage, io) => {
    const verdict = await underStreams(stage, async () => {
      const victim = stage.served.tasks().find(({ healthy, pid }) => healthy && pid !== undefined);
      if (victim?.pid === undefined) throw new Error('no task is healthy');
      io.line(`task ${victim.id.slice(0, 8)} hangs`);
      await freeze(victim.pid, FROZEN_MS);
      io.line('it wakes up');
    });
    await untilHealthy(stage, await desiredCount(stage));
    return verdict;
  },
};

const scaleIn: Break = {
  id: 'scale-in',
  title: 'a task fewer while turns run: it is waited for, and every turn ends whole',
  does: `the service is set to one task under ${STREAMS} streams, and back`,
  people: 'nothing',
  recovery: `${WHOLE}; as many tasks as before are healthy`,
  run: async (stage, io) => {
    const before = await desiredCount(stage);
    try {
      return await underStreams(stage, async () => {
        io.line(`${before} tasks become 1`);
        await setCount(stage, 1);
        // Until the scheduler has chosen a task to stop.
        await untilTrue(stage, () => stage.served.tasks().some(({ phase }) => phase !== 'running'), 20_000);
      });
    } finally {
      await setCount(stage, before);
      await untilHealthy(stage, before);
    }
  },
};

/** What the model does to one turn, what people read, and that the conversation can continue. */
const model = (
  id: string,
  message: string,
  what: string,
  people: RegExp | undefined,
  sees: string,
): Break => ({
  id,
  title: `Gemini ${what}: people read it, and the next message is answered`,
  does: `one turn's call of the model ${what}`,
  people: sees,
  recovery: 'the next message of the same conversation is answered',
  run: async ({ served, context }) => {
    const target = await targetOf(served, context.signal);
    const sessionId = await createSession(target);
    try {
      const broken = await collectTurn(target, sessionId, message);
      const read = errorOf(broken.parts);
      const next = await collectTurn(target, sessionId, 'count to 3');
      return judgeModel({ people, read, afterwards: faultOf(next, countedTo(3)) });
    } finally {
      await deleteSession(target, sessionId);
    }
  },
});

export interface ModelSeen {
  /** What people should read; undefined: nothing, because the turn ends well by itself. */
  people: RegExp | undefined;
  read: string | undefined;
  afterwards: string | undefined;
}

export function judgeModel({ people, read, afterwards }: ModelSeen): Verdict {
  const expected = `${people ? 'a sentence that says so' : 'no error'}, and an answer to the next message`;
  const isRead = people ? read !== undefined && people.test(read) : read === undefined;
  const told = `people read ${read === undefined ? 'no error' : `"${read}"`}; the next message: ${afterwards ?? 'answered'}`;
  return judged(isRead && afterwards === undefined, expected, told);
}

/** Every break, the quickest first. */
export const BREAKS: readonly Break[] = [
  model('gemini-refuses', 'simulate 503', 'refuses', /./, 'a sentence that the model is not available'),
  model('gemini-breaks-off', 'simulate break after 3', 'breaks off', /./, 'what had come, and a sentence'),
  model('gemini-refuses-once', 'simulate 503 once', 'refuses once', undefined, 'nothing: it is asked again'),
  away('firestore-away', 'firestore', 'Firestore'),
  away('gemini-away', 'gemini', 'Gemini'),
  scaleIn,
  frozenTask,
  {
    ...killedTask,
    does: 'one task is killed (SIGKILL) in the middle of ten streams',
    people: 'answers of that task pause, and go on from another one',
    recovery: 'another task takes its place, and every turn ends whole',
  },
  {
    ...badImage,
    does: 'an image that never becomes healthy is deployed',
    people: 'nothing',
    recovery: 'the circuit breaker goes back, and the earlier version answers all the time',
  },
  {
    ...failingImage,
    does: 'an image that is healthy and answers turns with 500 is deployed under load',
    people: 'turns fail until it is rolled back',
    recovery: 'an alarm rolls it back, and the earlier version answers turns again',
  },
  {
    ...rollingDeploy,
    does: 'a new version is deployed under a hundred streams',
    people: 'nothing',
    recovery: 'the new version is served, no stream is lost, there is an answer at any time',
  },
];

async function desiredCount({ standing, served }: Stage): Promise<number> {
  const { cluster, service } = served.applied;
  const { services = [] } = await standing.clients.ecs.send(
    new DescribeServicesCommand({ cluster, services: [service] }),
  );
  return services[0]?.desiredCount ?? 0;
}

async function setCount({ standing, served }: Stage, desired: number): Promise<void> {
  const { cluster, service } = served.applied;
  await standing.clients.ecs.send(new UpdateServiceCommand({ cluster, service, desiredCount: desired }));
}

async function untilHealthy(stage: Stage, count: number): Promise<void> {
  const { served } = stage;
  const isSteady = (): boolean =>
    served.tasks().filter(({ healthy }) => healthy).length >= count &&
    served.tasks().every(({ phase }) => phase === 'running');
  await untilTrue(stage, isSteady, STEADY_MS);
}

async function untilTrue({ served }: Stage, holds: () => boolean, withinMs: number): Promise<void> {
  const giveUpAt = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > giveUpAt) throw new Error(`it did not come about within ${withinMs / 1000} s`);
    // oxlint-disable-next-line no-await-in-loop -- one look after the other
    await Promise.race([Bun.sleep(100), served.failed]);
  }
}
