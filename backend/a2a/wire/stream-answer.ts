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

/**
 * A stream as server-sent events. Resolves once the first event is there; what fails before it is thrown, so that it can
 * be answered as any other error.
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
