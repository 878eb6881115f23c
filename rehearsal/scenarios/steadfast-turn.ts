import {
  attachTo,
  beginTurn,
  createSession,
  deleteSession,
  endOf,
  errorOf,
  textOf,
  type StreamPart,
  type Turn,
} from '@lornu/ops/verify/conversation.ts';
import type { Target } from '@lornu/ops/verify/target.ts';

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 2_000;
const BEGIN_TRIES = 5;
/** Frames of a process that took a run over begin at the next multiple (docs/runs.md). */
const CARRIER_STRIDE = 1_000_000;

/** A turn as the person saw it who never gave up. */
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
      current ??= await attachTo(target, sessionId, runId, lastIndex(seen.parts));
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

/** The frame after which to go on; before the first one the whole run is asked for. */
function lastIndex(parts: readonly StreamPart[]): number | undefined {
  const last = parts.findLast((part) => part.kind === 'frame');
  return last?.kind === 'frame' ? last.index : undefined;
}

/**
 * What is wrong with a turn: undefined when every frame came once, in order, and the words are all there, once. What
 * counts after a takeover are the whole events: they replace the pieces that were shown of them.
 */
export function faultOf({ parts, gaveUp }: SeenTurn, expectedText: string): string | undefined {
  if (gaveUp !== undefined) return `given up: ${gaveUp}`;
  const indices = parts.flatMap((part) => (part.kind === 'frame' ? [part.index ?? Number.NaN] : []));
  const wrong = indices.findIndex((index, position) => !mayFollow(index, indices[position - 1]));
  if (wrong !== -1) return `frame ${indices[wrong]} came after ${indices[wrong - 1] ?? 'none'}`;
  const error = errorOf(parts);
  if (error) return error;
  const end = endOf(parts);
  if (end !== 'completed') return `it ended as ${end ?? 'nothing'}`;
  const said = textOf(parts, false);
  return inWords(said) === expectedText ? undefined : `it says "${said.slice(0, 200)}"`;
}

function mayFollow(index: number, before: number | undefined): boolean {
  if (before === undefined) return index === 0;
  const nextCarrier = (Math.floor(before / CARRIER_STRIDE) + 1) * CARRIER_STRIDE;
  return index === before + 1 || index === nextCarrier;
}

function inWords(text: string): string {
  return text.split(/\s+/).filter(Boolean).join(' ');
}

/** What the stand-in answers to "count to N". */
export function countedTo(n: number): string {
  return Array.from({ length: n }, (_, index) => index + 1).join(' ');
}
