import { UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { signalGroup } from '@lornu/ops/process/process-group.ts';
import { inSeconds, judged, type Verdict } from '@lornu/ops/verify/check.ts';
import { watchStreams, type Victim } from '../scenarios/busiest-task.ts';
import { readHoldMs } from '../scenarios/read-hold.ts';
import type { Stage } from '../scenarios/scenario.ts';
import { desiredCount, untilHealthy, untilTrue } from '../scenarios/service-count.ts';
import { countedTo, faultOf, steadfastTurn, type SeenTurn } from '../scenarios/steadfast-turn.ts';
import {
  CONTINUES_WITHIN_MS,
  describePauses,
  faultOfPauses,
  longestPauseMs,
  pausesOf,
  watchTakeovers,
  type Pauses,
} from '../scenarios/takeover-pauses.ts';
import { targetInSeries } from '../scenarios/targets.ts';

const WORDS = 60;
const EVERY_MS = 150;
/** 18 s, for a break that begins seconds after the turns, or later on a busy machine. */
export const LONG_WORDS = 120;
const PATIENCE_MS = 120_000;
const STARTED_MS = 30_000;
/** Three times as long as late heartbeats hold at most. */
const MOVED_MS = 45_000;
export const STREAMS = 6;
export const CONTINUES = `turns that another task takes over continue within ${CONTINUES_WITHIN_MS / 1000} s`;
export const WHOLE = 'every turn in progress is completed, and the next one is answered';

export interface StreamsSeen {
  faults: (string | undefined)[];
  /** Streams that had not ended when the break began. With none, the break tested nothing. */
  underWay: number;
  /** The fault of a turn that started after the break; undefined if it had none. */
  afterwards: string | undefined;
  /** Milliseconds from the end of the break to that turn's answer. */
  recoveredAfterMs: number;
  /** The longest time during the break in which a turn showed nothing. */
  pauseMs: number;
  /** The pauses of the turns that another task took over, if the break takes one away. */
  pauses?: Pauses | undefined;
  /** The connections to that task stayed open, but silent. */
  isSilent?: boolean;
  /** How often the connection of a running turn was lost. */
  troubles: number;
  /** What else was observed; `fault` if it is a failure. */
  told?: string | undefined;
  fault?: string | undefined;
}

export function judgeStreams(seen: StreamsSeen): Verdict {
  const { faults, underWay, afterwards, recoveredAfterMs, pauseMs, pauses, isSilent, troubles } = seen;
  const { told, fault } = seen;
  const lost = faults.filter((one) => one !== undefined);
  const tooLong = pauses && faultOfPauses(pauses, isSilent);
  const sentences = [
    `${faults.length - lost.length} of ${faults.length} turns complete, ${underWay} of them in progress when the break began`,
    `people saw a pause of at most ${inSeconds(pauseMs)}; connections lost and resumed: ${troubles}`,
    ...(pauses === undefined ? [] : [describePauses(pauses)]),
    ...(tooLong === undefined ? [] : [tooLong]),
    ...(told === undefined ? [] : [told]),
    ...(fault === undefined ? [] : [fault]),
    afterwards === undefined
      ? `the next turn was answered ${inSeconds(recoveredAfterMs)} after the break`
      : `the next turn: ${afterwards}`,
    ...(lost.length > 0 ? [`first loss: ${lost[0]}`] : []),
  ].join('; ');
  const holds = [...lost, afterwards, fault, tooLong].every((one) => one === undefined) && underWay > 0;
  return judged(holds, WHOLE, sentences);
}

/**
 * Breaks something and repairs it. `busiest` finds the task that serves most of the streams; `untilMoved` waits until
 * another task has taken over a turn, because late heartbeats hold longer. Returns an observation beside those of the
 * streams, or a function that observes after the next break may begin. If either throws, the break has failed; it must
 * still repair.
 */
export type BreakAndMend = (
  busiest: () => Promise<Victim>,
  untilMoved: () => Promise<void>,
) => Promise<string | void | (() => Promise<string>)>;

export interface StreamOptions {
  /** Waits until as many tasks as before are healthy. */
  replaces?: boolean;
  /** The break takes a task away. Its turns have to continue on another one, as fast as docs/runs.md promises. */
  takesOver?: boolean;
  /** The connections to that task stay open, but silent. */
  isSilent?: boolean;
  /** The number of words of each turn, 150 ms each. */
  words?: number;
}

/**
 * Starts turns, breaks something while they run, repairs it, and checks these turns and a new one. If the stage has
 * `duringDeploy`, a new deployment begins first and has to finish as well. Then the next break of the series may begin,
 * while the last turns of this one still run.
 */
export async function underStreams(
  stage: Stage,
  breakAndMend: BreakAndMend,
  { replaces = false, takesOver = false, isSilent = false, words = WORDS }: StreamOptions = {},
): Promise<Verdict> {
  const { served } = stage;
  const target = await targetInSeries(stage);
  const busiest = await watchStreams(served);
  const text = `count to ${words} every ${EVERY_MS} ms`;
  let underWay = 0;
  const begun = Array.from({ length: STREAMS }, () => Promise.withResolvers<void>());
  const turns = Promise.all(
    begun.map(async ({ resolve }) => {
      const onBegun = (): void => {
        underWay++;
        resolve();
      };
      const seen = await steadfastTurn(target, { text, patienceMs: PATIENCE_MS, onBegun });
      underWay--;
      return seen;
    }),
  );
  turns.catch(() => undefined);
  await Promise.race([Promise.all(begun.map(({ promise }) => promise)), turns, served.failed]);
  if (stage.duringDeploy) await beginDeploy(stage);
  const atBreak = underWay;
  let fault: string | undefined;
  const observe = async (
    look: () => ReturnType<BreakAndMend>,
  ): Promise<Awaited<ReturnType<BreakAndMend>>> => {
    try {
      return await Promise.race([look(), served.failed]);
    } catch (error) {
      fault = error instanceof Error ? error.message : String(error);
      await Promise.race([served.failed, Promise.resolve()]);
      return undefined;
    }
  };
  const takeovers = watchTakeovers(served, async () => readHoldMs(served));
  const fromMs = performance.now();
  const untilMoved = async (): Promise<void> => untilTrue(stage, () => takeovers.takenAt.size > 0, MOVED_MS);
  const observed = await observe(async () => breakAndMend(busiest, untilMoved));
  const mendedAtMs = performance.now();
  const next = await Promise.race([
    steadfastTurn(target, { text: 'count to 3', patienceMs: PATIENCE_MS }),
    served.failed,
  ]);
  const recoveredAfterMs = performance.now() - mendedAtMs;
  // A deployment waits for the turns of the tasks that it replaces.
  if (stage.duringDeploy) await Promise.race([turns, served.failed]);
  if (replaces || stage.duringDeploy) await untilHealthy(stage, await desiredCount(stage));
  const time = { fromMs, untilMs: performance.now() };
  stage.release?.();
  const seen: SeenTurn[] = await Promise.race([turns, served.failed]);
  takeovers.stop();
  const last = typeof observed === 'function' ? await observe(observed) : observed;
  const told = typeof last === 'string' ? last : undefined;
  return judgeStreams({
    faults: seen.map((turn) => faultOf(turn, countedTo(words))),
    underWay: atBreak,
    afterwards: faultOf(next, countedTo(3)),
    recoveredAfterMs,
    pauseMs: Math.max(...seen.map((turn) => longestPauseMs(turn, time))),
    pauses: takesOver ? pausesOf(seen, takeovers.takenAt, await takeovers.heldMs(), time) : undefined,
    isSilent,
    troubles: seen.reduce((sum, turn) => sum + turn.troubles, 0),
    told,
    fault,
  });
}

/** Begins a deployment of the same image, and waits until its first task starts. */
async function beginDeploy(stage: Stage): Promise<void> {
  const { cluster, service } = stage.served.applied;
  await stage.standing.clients.ecs.send(
    new UpdateServiceCommand({ cluster, service, forceNewDeployment: true }),
  );
  await untilTrue(stage, () => stage.served.tasks().some(({ phase }) => phase === 'starting'), STARTED_MS);
}

/** Stops a program of this rehearsal for some time. It does not answer, but its connections stay open. */
export async function freeze(pid: number, forMs: number): Promise<void> {
  return freezeWhile(pid, async () => Bun.sleep(forMs));
}

/** The same while something happens. */
export async function freezeWhile(pid: number, happens: () => Promise<unknown>): Promise<void> {
  signalGroup(pid, 'SIGSTOP');
  try {
    await happens();
  } finally {
    signalGroup(pid, 'SIGCONT');
  }
}

/** A turn of a new conversation that must be answered while something is broken; throws its fault. */
export async function answeredMeanwhile(stage: Stage): Promise<SeenTurn> {
  const seen = await Promise.race([
    steadfastTurn(await targetInSeries(stage), { text: 'count to 5', patienceMs: PATIENCE_MS }),
    stage.served.failed,
  ]);
  const fault = faultOf(seen, countedTo(5));
  if (fault !== undefined) throw new Error(`a turn during the break: ${fault}`);
  return seen;
}
