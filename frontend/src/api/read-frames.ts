import { createParser } from 'eventsource-parser';
import { parseExactly } from '../util/exact-json.ts';
import { Problem } from './problem.ts';
import type { AdkEvent } from './types.ts';

export interface StreamFrame {
  /** The SSE id, which Last-Event-ID wants back as it is; absent where the server sends none. */
  lastEventId?: string;
  /** The first frame of another process: answers that the one before had begun are not continued. */
  isTakenOver?: true;
  event: AdkEvent | StreamFailure;
}

/** ADK's last frame when the turn failed: not an event. */
export interface StreamFailure {
  error: string;
}

/** Whether a frame is the stream's own failure and no event. */
export function isFailure(event: AdkEvent | StreamFailure): event is StreamFailure {
  return 'error' in event && !('id' in event);
}

/** The service says something every 15 s, if only a comment: after three missed ones the connection is dead. */
const SILENCE_MS = 50_000;

/** The comments before the first frame of another process and at the end of a run's stream (docs/runs.md). */
const TAKEN_OVER = /^\s*process \d+$/u;
const RUN_END = /^\s*run (?:completed|failed|cancelled|interrupted)$/u;

/**
 * The frames of an event stream. A connection that breaks, that ends before a numbered run has said how it ended, or
 * that goes silent where the service is known to ping (a laptop that slept), is thrown as a Problem without a status.
 */
export async function* readFrames(response: Response, silenceMs = SILENCE_MS): AsyncGenerator<StreamFrame> {
  if (!response.body) return;
  const watch = new SilenceWatch(silenceMs);
  const frames: StreamFrame[] = [];
  let isNumbered = false;
  let isTakenOver = false;
  let hasEnded = false;
  const parser = createParser({
    onComment: (comment) => {
      watch.arm();
      isTakenOver ||= TAKEN_OVER.test(comment);
      hasEnded ||= RUN_END.test(comment);
    },
    onEvent: ({ id, data }) => {
      if (id !== undefined) watch.arm();
      isNumbered ||= id !== undefined;
      frames.push({
        event: parseExactly(data) as AdkEvent | StreamFailure,
        ...(id === undefined ? {} : { lastEventId: id }),
        ...(isTakenOver ? { isTakenOver } : {}),
      });
      isTakenOver = false;
    },
  });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (;;) {
      const read = await Promise.race([reader.read(), watch.silence]);
      if (read.done) {
        if (isNumbered && !hasEnded) throw cutOff();
        return;
      }
      watch.heard();
      parser.feed(read.value);
      yield* frames.splice(0);
    }
  } finally {
    watch.end();
    // Leaving the loop early closes the request too.
    void reader.cancel().catch(() => undefined);
  }
}

function cutOff(): Problem {
  return new Problem(
    0,
    'The connection to the service ended too early.',
    'The page connects again by itself.',
  );
}

class SilenceWatch {
  /** Rejects when nothing has come for too long. */
  readonly silence: Promise<never>;
  #heardMs = Date.now();
  #timer: ReturnType<typeof setInterval> | undefined;
  readonly #silenceMs: number;
  readonly #giveUp: (problem: Problem) => void;

  constructor(silenceMs: number) {
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => undefined);
    this.silence = promise;
    this.#giveUp = reject;
    this.#silenceMs = silenceMs;
  }

  heard(): void {
    this.#heardMs = Date.now();
  }

  /** A service that numbers its frames or comments is one that pings: from then on silence means something. */
  arm(): void {
    this.#timer ??= setInterval(() => {
      if (Date.now() - this.#heardMs <= this.#silenceMs) return;
      this.end();
      this.#giveUp(
        new Problem(0, 'The connection to the service went silent.', 'The page connects again by itself.'),
      );
    }, this.#silenceMs / 5);
  }

  end(): void {
    clearInterval(this.#timer);
  }
}
