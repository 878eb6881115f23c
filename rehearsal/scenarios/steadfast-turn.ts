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
/** The comment before the first frame of another process (docs/runs.md). */
const TAKEN_OVER = /^process \d+$/u;

/** A turn as seen by a client that never gives up. */
export interface SeenTurn {
  parts: StreamPart[];
  /** How often its connection was lost or refused, with the last reason. */
  troubles: number;
  lastTrouble?: string;
  /** Why it was given up, if it was. */
  gaveUp?: string;
}

export interface SteadfastOptions {
  text: string;
  /** How long to go on trying without any new frame. */
  patienceMs: number;
  /** Told when the first frame has come. */
  onBegun?: (() => void) | undefined;
}

/** Sends a message and attaches again after the last frame whenever the connection is lost, until the service says how it ended. */
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
  let current: Turn | undefined = turn;
  let deadline = performance.now() + options.patienceMs;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      current ??= await attachTo(target, sessionId, runId, lastEventIdOf(seen.parts));
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

/** One turn of a conversation that is there, to its end; a lost connection is what it ends with. */
export async function collectTurn(target: Target, sessionId: string, text: string): Promise<SeenTurn> {
  const seen: SeenTurn = { parts: [], troubles: 0 };
  const turn = await beginTurn(target, sessionId, text);
  for await (const part of turn.parts) seen.parts.push(part);
  return seen;
}

/**
 * What is wrong with a turn: undefined when every frame came once, in order, and the words are all there, once. What
 * counts after a takeover are the whole events: they replace the pieces that were shown of them.
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

/** Numbers follow each other, from 0 on; those of a process that took over begin at a higher one. */
function disorderOf(parts: readonly StreamPart[]): string | undefined {
  let before: number | undefined;
  let isTakenOver = false;
  for (const part of parts) {
    if (part.kind === 'comment') {
      isTakenOver ||= TAKEN_OVER.test(part.text);
      continue;
    }
    const next = before === undefined ? 0 : before + 1;
    const isInOrder = part.index === next || (isTakenOver && part.index > next);
    if (!isInOrder) return `frame ${part.index} came after ${before ?? 'none'}`;
    before = part.index;
    isTakenOver = false;
  }
  return undefined;
}

function inWords(text: string): string {
  return text.split(/\s+/).filter(Boolean).join(' ');
}

/** What the stand-in answers to "count to N". */
export function countedTo(n: number): string {
  return Array.from({ length: n }, (_, index) => index + 1).join(' ');
}
