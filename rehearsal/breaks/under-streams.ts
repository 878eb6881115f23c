import { UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { signalGroup } from '@lornu/ops/process/run-command.ts';
import { judged, type Verdict } from '@lornu/ops/verify/verdict.ts';
import type { Stage } from '../scenarios/scenario.ts';
import { desiredCount, untilHealthy, untilTrue } from '../scenarios/service-count.ts';
import { countedTo, faultOf, steadfastTurn, type SeenTurn } from '../scenarios/steadfast-turn.ts';
import { targetInSeries } from '../scenarios/targets.ts';

const WORDS = 60;
const EVERY_MS = 150;
const TEXT = `count to ${WORDS} every ${EVERY_MS} ms`;
const PATIENCE_MS = 120_000;
const STARTED_MS = 30_000;
export const STREAMS = 6;
export const WHOLE = 'every turn in progress is completed, and the next one is answered';

export interface StreamsSeen {
  faults: (string | undefined)[];
  /** Streams that had not ended when the break began. With none, the break tested nothing. */
  underWay: number;
  /** The fault of a turn that started after the break; undefined if it had none. */
  afterwards: string | undefined;
  /** Milliseconds from the end of the break to that turn's answer. */
  recoveredAfterMs: number;
  /** The longest time in which a running turn showed nothing. */
  pauseMs: number;
  /** How often the connection of a running turn was lost. */
  troubles: number;
  /** What else was observed; `fault` if it is a failure. */
  told?: string | undefined;
  fault?: string | undefined;
}

export function judgeStreams(seen: StreamsSeen): Verdict {
  const { faults, underWay, afterwards, recoveredAfterMs, pauseMs, troubles, told, fault } = seen;
  const lost = faults.filter((one) => one !== undefined);
  const sentences = [
    `${faults.length - lost.length} of ${faults.length} turns complete, ${underWay} of them in progress when the break began`,
    `people saw a pause of at most ${(pauseMs / 1000).toFixed(1)} s; connections lost and resumed: ${troubles}`,
    ...(told === undefined ? [] : [told]),
    ...(fault === undefined ? [] : [fault]),
    afterwards === undefined
      ? `the next turn was answered ${(recoveredAfterMs / 1000).toFixed(1)} s after the break`
      : `the next turn: ${afterwards}`,
    ...(lost.length > 0 ? [`first loss: ${lost[0]}`] : []),
  ].join('; ');
  const holds = lost.length === 0 && underWay > 0 && afterwards === undefined && fault === undefined;
  return judged(holds, WHOLE, sentences);
}

/**
 * Returns an observation beside those of the streams, or a function that observes after the next break may begin. If
 * either throws, the break has failed; it must still repair.
 */
export type BreakAndMend = () => Promise<string | void | (() => Promise<string>)>;

/**
 * Starts turns, breaks something while they run, repairs it, and checks these turns and a new one. With `replaces`, it
 * waits until as many tasks as before are healthy. If the stage has `duringDeploy`, a new deployment begins first and
 * has to finish as well. Then the next break of the series may begin, while the last turns of this one still run.
 */
export async function underStreams(
  stage: Stage,
  breakAndMend: BreakAndMend,
  { replaces = false }: { replaces?: boolean } = {},
): Promise<Verdict> {
  const { served } = stage;
  const target = await targetInSeries(stage);
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
  const observed = await observe(breakAndMend);
  const mendedAtMs = performance.now();
  const next = await Promise.race([
    steadfastTurn(target, { text: 'count to 3', patienceMs: PATIENCE_MS }),
    served.failed,
  ]);
  const recoveredAfterMs = performance.now() - mendedAtMs;
  // A deployment waits for the turns of the tasks that it replaces.
  if (stage.duringDeploy) await Promise.race([turns, served.failed]);
  if (replaces || stage.duringDeploy) await untilHealthy(stage, await desiredCount(stage));
  stage.release?.();
  const seen: SeenTurn[] = await Promise.race([turns, served.failed]);
  const last = typeof observed === 'function' ? await observe(observed) : observed;
  const told = typeof last === 'string' ? last : undefined;
  return judgeStreams({
    faults: seen.map((turn) => faultOf(turn, countedTo(WORDS))),
    underWay: atBreak,
    afterwards: faultOf(next, countedTo(3)),
    recoveredAfterMs,
    pauseMs: Math.max(...seen.map(longestPauseMs)),
    troubles: seen.reduce((sum, turn) => sum + turn.troubles, 0),
    told,
    fault,
  });
}

/** The longest time between two parts of a turn. */
export function longestPauseMs({ parts }: Pick<SeenTurn, 'parts'>): number {
  const times = parts.flatMap((part) => (part.kind === 'frame' ? [part.atMs] : []));
  return Math.max(0, ...times.slice(1).map((atMs, index) => atMs - (times[index] ?? atMs)));
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
  signalGroup(pid, 'SIGSTOP');
  try {
    await Bun.sleep(forMs);
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
