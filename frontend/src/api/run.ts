import { EventSourceParserStream } from 'eventsource-parser/stream';
import { request } from './http.ts';
import type { Owner } from './sessions.ts';
import type { AdkEvent, Part } from './types.ts';

export interface StreamFrame {
  /** The SSE id, what Last-Event-ID wants back; absent where the server sends none. */
  lastEventId?: string;
  event: AdkEvent | StreamFailure;
}

/** ADK's last frame when the turn failed: not an event. */
export interface StreamFailure {
  error: string;
}

export interface TurnInput {
  owner: Owner;
  sessionId: string;
  parts: Part[];
}

/** Starts a turn and yields its frames as they come; ends with the stream. Aborting `signal` closes the request. */
export async function* streamTurn(
  { owner, sessionId, parts }: TurnInput,
  signal: AbortSignal,
): AsyncGenerator<StreamFrame> {
  const response = await request('/run_sse', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ ...owner, sessionId, streaming: true, newMessage: { role: 'user', parts } }),
    signal,
  });
  yield* readFrames(response);
}

/** The frames of an event stream; pings (comments) are skipped. */
export async function* readFrames(response: Response): AsyncGenerator<StreamFrame> {
  if (!response.body) return;
  const messages = response.body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array<ArrayBuffer>>)
    .pipeThrough(new EventSourceParserStream());
  const reader = messages.getReader();
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      const event: AdkEvent | StreamFailure = JSON.parse(read.value.data);
      yield {
        event,
        ...(read.value.id === undefined ? {} : { lastEventId: read.value.id }),
      };
    }
  } finally {
    // Leaving the loop early closes the request too.
    await reader.cancel().catch(() => undefined);
  }
}
