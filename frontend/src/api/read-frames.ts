import { createParser } from 'eventsource-parser';
import { parseExactly } from '../util/exact-json.ts';
import { Problem } from './problem.ts';
import { readEvent } from './read-event.ts';
import type { AdkEvent } from './types.ts';

export interface StreamFrame {
  /** The SSE id, to be sent back unchanged as Last-Event-ID; absent if the server sends none. */
  lastEventId?: string;
  event: AdkEvent | StreamFailure;
}

/** ADK's last frame of a failed turn, which is not an event. */
export interface StreamFailure {
  error: string;
}

/** Whether a frame is the stream's own failure rather than an event. */
export function isFailure(event: AdkEvent | StreamFailure): event is StreamFailure {
  return 'error' in event && !('id' in event);
}

const toFrameEvent = (event: AdkEvent | StreamFailure): AdkEvent | StreamFailure =>
  isFailure(event) ? event : readEvent(event);

/** The service sends at least a comment every 15 s: after three missed ones the connection is dead. */
const SILENCE_MS = 50_000;

/** The comment at the end of a run's stream (docs/runs.md). */
const RUN_END = /^\s*run (?:completed|failed|cancelled|interrupted)$/u;

/**
 * Yields the frames of an event stream. Throws a Problem without a status if the connection breaks, ends before a
 * numbered run has sent its end state, or goes silent although the service pings (a laptop that slept).
 */
export async function* readFrames(response: Response, silenceMs = SILENCE_MS): AsyncGenerator<StreamFrame> {
  if (!response.body) return;
  const watch = new SilenceWatch(silenceMs);
  const frames: StreamFrame[] = [];
  let isNumbered = false;
  let hasEnded = false;
  const parser = createParser({
    onComment: (comment) => {
      watch.arm();
      hasEnded ||= RUN_END.test(comment);
    },
    onEvent: ({ id, data }) => {
      if (id !== undefined) watch.arm();
      isNumbered ||= id !== undefined;
      frames.push({
        event: toFrameEvent(parseExactly(data) as AdkEvent | StreamFailure),
        ...(id === undefined ? {} : { lastEventId: id }),
      });
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
  /** Rejects when nothing has arrived for too long. */
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

  /** A service that sends frame numbers or comments also pings: from then on silence is an error. */
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
