import { formatSSEErrorEvent, formatSSEEvent, type StreamResponse } from '@a2a-js/sdk';
import { eventStream } from '../../web/event-stream.ts';

export interface StreamAnswerOptions<Event> {
  /** The body of one event. */
  encode: (event: Event) => unknown;
  /** The body of the event that reports an error in the middle of a stream. */
  encodeError: (error: unknown) => unknown;
  pingMs: number;
  disconnected: AbortController;
  signal: AbortSignal;
}

/**
 * Sends a stream as server-sent events. Resolves after the first event; an earlier error is thrown and can be sent as
 * an ordinary error response.
 */
export async function streamAnswer<Event = StreamResponse>(
  events: AsyncGenerator<Event, void, undefined>,
  { encode, encodeError, pingMs, disconnected, signal }: StreamAnswerOptions<Event>,
): Promise<Response> {
  const toText = (event: Event): string => formatSSEEvent(encode(event));
  const first = await events.next();
  return eventStream(events, {
    toText,
    ...(!first.done && { begin: toText(first.value) }),
    failed: (error) => formatSSEErrorEvent(encodeError(error)),
    pingMs,
    disconnected,
    signal,
  });
}
