import {
  attachTo,
  beginTurn,
  createSession,
  deleteSession,
  endOf,
  errorOf,
  lastEventIdOf,
  textOf,
  type StreamPart,
  type Turn,
} from '@lornu/ops/verify/conversation.ts';
import type { Target } from '@lornu/ops/verify/target.ts';

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 2_000;
const BEGIN_TRIES = 5;
/** A stream that a client attaches to begins at once. The page waits as long for that. */
const ANSWER_WITHIN_MS = 5_000;

/** A turn, as received by a client that never gives up. */
export interface SeenTurn {
  /** Undefined if it never began, or if turns do not outlive their connection. */
  runId?: string;
  parts: StreamPart[];
  /** How often its connection was lost or refused, with the last reason. */
  troubles: number;
  lastTrouble?: string;
  /** Why it was given up, if it was. */
  gaveUp?: string;
}

export interface SteadfastOptions {
  text: string;
  /** How long to keep retrying without a new frame. */
  patienceMs: number;
  /** Called when the first frame has arrived. */
  onBegun?: (() => void) | undefined;
}

/**
 * Sends a message and attaches again after the last frame whenever the connection is lost, until the service sends the
 * run's end.
 */
export async function steadfastTurn(target: Target, options: SteadfastOptions): Promise<SeenTurn> {
  const seen: SeenTurn = { parts: [], troubles: 0 };
  const trouble = (error: unknown): void => {
    target.signal.throwIfAborted();
    seen.troubles += 1;
    seen.lastTrouble = error instanceof Error ? error.message : String(error);
  };
  let turn: Turn | undefined;
  for (let tries = 0; turn === undefined && tries < BEGIN_TRIES; tries += 1) {
    try {
      turn = await beginTurn(target, await createSession(target), options.text);
    } catch (error) {
      trouble(error);
      await Bun.sleep(FIRST_PAUSE_MS * 2 ** tries);
    }
  }
  if (turn?.runId === undefined) return { ...seen, gaveUp: 'it never began' };
  const { sessionId, runId } = turn;
  seen.runId = runId;
  let current: Turn | undefined = turn;
  let deadline = performance.now() + options.patienceMs;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      current ??= await inTime(target, async (within) =>
        attachTo(within, sessionId, runId, lastEventIdOf(seen.parts)),
      );
      for await (const part of current.parts) {
        if (seen.parts.length === 0) options.onBegun?.();
        seen.parts.push(part);
        pauseMs = FIRST_PAUSE_MS;
        deadline = performance.now() + options.patienceMs;
      }
      if (endOf(seen.parts) !== undefined) break;
      trouble('the stream ended before the run');
    } catch (error) {
      trouble(error);
    }
    current = undefined;
    if (performance.now() > deadline) return { ...seen, gaveUp: seen.lastTrouble ?? 'nothing more came' };
    await Bun.sleep(pauseMs * (0.5 + Math.random()));
  }
  await deleteSession(target, sessionId);
  return seen;
}

/** Gives up a request that is not answered. A stream that is answered stays open. */
async function inTime<T>(target: Target, ask: (within: Target) => Promise<T>): Promise<T> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), ANSWER_WITHIN_MS);
  try {
    return await ask({ ...target, signal: AbortSignal.any([target.signal, late.signal]) });
  } finally {
    clearTimeout(timer);
  }
}

/** One turn of an existing conversation, to its end or its first lost connection. */
export async function collectTurn(target: Target, sessionId: string, text: string): Promise<SeenTurn> {
  const seen: SeenTurn = { parts: [], troubles: 0 };
  const turn = await beginTurn(target, sessionId, text);
  for await (const part of turn.parts) seen.parts.push(part);
  return seen;
}

/**
 * The fault of a turn; undefined if every frame came once and in order, and its complete events have each word once.
 */
export function faultOf({ parts, gaveUp }: SeenTurn, expectedText: string): string | undefined {
  if (gaveUp !== undefined) return `given up: ${gaveUp}`;
  const disorder = disorderOf(parts);
  if (disorder !== undefined) return disorder;
  const error = errorOf(parts);
  if (error) return error;
  const end = endOf(parts);
  if (end !== 'completed') return `it ended as ${end ?? 'nothing'}`;
  const said = textOf(parts, false);
  return inWords(said) === expectedText ? undefined : `it says "${said.slice(0, 200)}"`;
}

/** Whether the frames are numbered from 0 without a gap, also after a takeover. */
function disorderOf(parts: readonly StreamPart[]): string | undefined {
  let before: number | undefined;
  for (const part of parts) {
    if (part.kind === 'comment') continue;
    if (part.index !== (before ?? -1) + 1) return `frame ${part.index} came after ${before ?? 'none'}`;
    before = part.index;
  }
  return undefined;
}

function inWords(text: string): string {
  return text.split(/\s+/).filter(Boolean).join(' ');
}

/** The stand-in's answer to "count to N". */
export function countedTo(n: number): string {
  return Array.from({ length: n }, (_, index) => index + 1).join(' ');
}
