import { inSeconds } from '@lornu/ops/verify/check.ts';
import type { ServedRehearsal } from '../serve/served.ts';
import type { SeenTurn } from './steadfast-turn.ts';

/** docs/runs.md, "When a process dies": the turns of a dead process continue within this time. */
export const CONTINUES_WITHIN_MS = 5_000;
/** For this part of it the last heartbeat holds them. It holds longer after late heartbeats, as after an outage. */
const HOLDS_MS = 3_000;
/**
 * A takeover is a chain of steps in several processes: the last heartbeat, the look of another process, the lease, the
 * first frame. On a busy machine each step may be as late as the frames of turns that nothing happened to.
 */
const STEPS = 4;
const TAKING_OVER = 'Taking over a run';

/** When a break happened, in milliseconds of `performance.now`: from its beginning until the environment was whole. */
export interface BreakTime {
  fromMs: number;
  untilMs: number;
}

/** How long turns stood still. Times in milliseconds. */
export interface Pauses {
  /** The number of turns that another task took over. */
  moved: number;
  /** The longest time from the last frame of one of them until another task continued it. */
  continuedMs: number;
  /** The longest time until its reader saw the next frame. */
  movedMs: number;
  /** The longest time between two frames of a turn that continued where it was. */
  othersMs: number;
  /** How long heartbeats held at most. */
  heldMs: number;
}

export interface Takeovers {
  /** When each run was taken over first, by its id. */
  takenAt: ReadonlyMap<string, number>;
  /** How long heartbeats held at most, at the first takeover; 0 without one. */
  heldMs: () => Promise<number>;
  stop: () => void;
}

/** Collects takeovers from the logs of the tasks until `stop` is called. */
export function watchTakeovers(
  { onLine }: Pick<ServedRehearsal, 'onLine'>,
  readHoldMs: () => Promise<number>,
): Takeovers {
  const takenAt = new Map<string, number>();
  let heldMs: Promise<number> | undefined;
  const stop = onLine((_task, line) => {
    if (!line.includes(TAKING_OVER)) return;
    const { runId } = JSON.parse(line) as { runId?: string };
    if (runId === undefined || takenAt.has(runId)) return;
    takenAt.set(runId, performance.now());
    heldMs ??= readHoldMs();
    heldMs.catch(() => undefined);
  });
  return { takenAt, heldMs: async () => heldMs ?? 0, stop };
}

type Shown = Pick<SeenTurn, 'parts' | 'runId'>;

/** The longest time between two frames of a turn, of which a part is in the time of the break. */
export function longestPauseMs(turn: Shown, { fromMs, untilMs }: BreakTime): number {
  const times = frameTimes(turn);
  const pauses = times
    .slice(1)
    .map((to, index) => ({ from: times[index] ?? to, to }))
    .filter(({ from, to }) => to > fromMs && from < untilMs);
  return Math.max(0, ...pauses.map(({ from, to }) => to - from));
}

export function pausesOf(
  turns: readonly Shown[],
  takenAt: ReadonlyMap<string, number>,
  heldMs: number,
  time: BreakTime,
): Pauses {
  const moved = turns.flatMap((turn) => {
    const atMs = takenAt.get(turn.runId ?? '');
    if (atMs === undefined) return [];
    const times = frameTimes(turn);
    const lastMs = times.findLast((it) => it <= atMs) ?? time.fromMs;
    const nextMs = times.find((it) => it > atMs) ?? Number.POSITIVE_INFINITY;
    return { continuedMs: atMs - lastMs, movedMs: nextMs - lastMs };
  });
  const others = turns.filter(({ runId = '' }) => !takenAt.has(runId));
  return {
    moved: moved.length,
    continuedMs: Math.max(0, ...moved.map(({ continuedMs }) => continuedMs)),
    movedMs: Math.max(0, ...moved.map(({ movedMs }) => movedMs)),
    othersMs: Math.max(0, ...others.map((turn) => longestPauseMs(turn, time))),
    heldMs,
  };
}

function frameTimes({ parts }: Shown): number[] {
  return parts.flatMap((part) => (part.kind === 'frame' ? [part.atMs] : []));
}

/**
 * Why the pauses break the promise; undefined if they keep it. Without a takeover, the break tested nothing. If the
 * connections of the readers stayed open, only they know when they try again (`isSilent`).
 */
export function faultOfPauses(
  { moved, continuedMs, movedMs, othersMs, heldMs }: Pauses,
  isSilent = false,
): string | undefined {
  if (moved === 0) return 'no turn was taken over';
  const mostMs = CONTINUES_WITHIN_MS + Math.max(0, heldMs - HOLDS_MS) + STEPS * othersMs;
  return (isSilent ? continuedMs : movedMs) <= mostMs
    ? undefined
    : `a turn stood still for longer than ${inSeconds(mostMs)}`;
}

export function describePauses({ moved, continuedMs, movedMs, othersMs, heldMs }: Pauses): string {
  return `turns that another task took over: ${moved}, each within ${inSeconds(continuedMs)} of its last frame; their readers waited for at most ${inSeconds(movedMs)}, those of other turns for ${inSeconds(othersMs)}; heartbeats held for at most ${inSeconds(heldMs)}`;
}
