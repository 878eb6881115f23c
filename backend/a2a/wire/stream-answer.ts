import { formatSSEErrorEvent, formatSSEEvent, type StreamResponse } from '@a2a-js/sdk';
import { eventStream } from '../../web/event-stream.ts';

export interface StreamAnswerOptions<Event> {
  /** The body of one event. */
  encode: (event: Event) => unknown;
  /** The body of an event that says why the stream ends early. */
  encodeError: (error: unknown) => unknown;
  pingMs: number;
  disconnected: AbortController;
  signal: AbortSignal;
}

const DONE = { done: true, value: undefined } as const;

/**
 * A stream as server-sent events. Resolves once the first event is there; what fails before it is thrown, so that it can
 * be answered as any other error.
 */
export async function streamAnswer<Event = StreamResponse>(
  events: AsyncGenerator<Event, void, undefined>,
  { encode, encodeError, pingMs, disconnected, signal }: StreamAnswerOptions<Event>,
): Promise<Response> {
  let first: IteratorResult<Event, void> | undefined = await events.next();
  let isOver = false;
  // No generator: each piece of an answer passes here, and a generator waits several times for one.
  const chunks: AsyncIterator<string> = {
    next: async () => {
      if (isOver) return DONE;
      try {
        const result = first ?? (await events.next());
        first = undefined;
        if (!result.done) return { done: false, value: formatSSEEvent(encode(result.value)) };
        isOver = true;
        return DONE;
      } catch (error) {
        isOver = true;
        return { done: false, value: formatSSEErrorEvent(encodeError(error)) };
      }
    },
    return: async () => {
      await events.return();
      return DONE;
    },
  };
  return eventStream(chunks, { pingMs, disconnected, signal });
}
