import { formatSSEErrorEvent, formatSSEEvent, type StreamResponse } from '@a2a-js/sdk';
import { eventStream } from '../../web/event-stream.ts';

export interface StreamAnswerOptions<Event> {
  /** The body of one event. */
  encode: (event: Event) => unknown;
  /** The body of an event that says why the stream ends early. */
  encodeError: (error: unknown) => unknown;
  pingMs: number;
  left: AbortController;
  signal: AbortSignal;
}

/**
 * A stream as server-sent events. Resolves once the first event is there; what fails before it is thrown, so that it can
 * be answered as any other error.
 */
export async function streamAnswer<Event = StreamResponse>(
  events: AsyncGenerator<Event, void, undefined>,
  { encode, encodeError, pingMs, left, signal }: StreamAnswerOptions<Event>,
): Promise<Response> {
  const first = await events.next();
  async function* chunks(): AsyncGenerator<string> {
    try {
      if (first.done) return;
      yield formatSSEEvent(encode(first.value));
      for await (const event of events) yield formatSSEEvent(encode(event));
    } catch (error) {
      yield formatSSEErrorEvent(encodeError(error));
    }
  }
  return eventStream(chunks(), { pingMs, left, signal });
}
