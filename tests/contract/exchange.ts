import { parseJson } from '@lornu/backend/json/parse-json.ts';
import { connect } from 'node:net';
import { createParser } from 'eventsource-parser';

/** One request and its response, as both servers' transcripts store it. */
export interface Exchange {
  /** Such as "POST /run_sse". */
  request: string;
  status: number;
  /** Without parameters such as charset; '' if there is none. */
  contentType: string;
  /** Parsed JSON, or else text; absent for a stream. */
  body?: unknown;
  /** Set if the response is a page and another one follows. */
  hasNext?: true;
  /** The data of each SSE frame, parsed. */
  frames?: unknown[];
}

export interface RequestOptions {
  json?: unknown;
  /** Raw body, instead of `json`. */
  raw?: string | Uint8Array<ArrayBuffer>;
  headers?: Record<string, string>;
}

const TIMEOUT_MS = 20_000;
/** After this time a request's head has been read. */
const UNDER_WAY_MS = 500;

/** Calls one server and records the responses. */
export class Caller {
  readonly transcript: Exchange[] = [];

  private readonly baseUrl: string;
  /** Cursor in the last response, if it was a page: opaque, so not part of the transcript. */
  nextCursor: string | undefined;
  /** A user of this case only, the same on both servers. */
  readonly userId: string;

  constructor(baseUrl: string, userId: string) {
    this.baseUrl = baseUrl;
    this.userId = userId;
  }

  async send(method: string, path: string, options: RequestOptions = {}): Promise<Exchange> {
    const body = options.raw ?? (options.json === undefined ? undefined : JSON.stringify(options.json));
    const answer = await fetch(`${this.baseUrl}${path}`, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...options.headers },
      ...(body === undefined ? {} : { body }),
      redirect: 'manual',
      // A server may close a connection after an error, which must not affect the next request.
      keepalive: false,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const exchange: Exchange = {
      request: `${method} ${path.replace(/cursor=[\w-]{5,}/, 'cursor=…')}`,
      status: answer.status,
      contentType: (answer.headers.get('content-type') ?? '').split(';')[0] ?? '',
      ...(answer.headers.has('x-next-cursor') ? { hasNext: true as const } : {}),
      ...readBody(await answer.text(), answer.headers.get('content-type') ?? ''),
    };
    this.nextCursor = answer.headers.get('x-next-cursor') ?? undefined;
    this.transcript.push(exchange);
    return exchange;
  }

  /** Requests all pages of a list. */
  async pages(path: string, limit: number): Promise<void> {
    await this.send('GET', `${path}?limit=${limit}`);
    while (this.nextCursor) await this.send('GET', `${path}?limit=${limit}&cursor=${this.nextCursor}`);
  }

  /** Starts a request whose body never comes; its declared bytes count until `giveUp`. */
  async announce(path: string, bytes: number): Promise<{ giveUp: () => void }> {
    const { hostname, port } = new URL(this.baseUrl);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    socket.write(
      `POST ${path} HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-type: application/json\r\ncontent-length: ${bytes}\r\n\r\n{`,
    );
    await Bun.sleep(UNDER_WAY_MS);
    return { giveUp: () => socket.destroy() };
  }

  get sessionsPath(): string {
    return `/apps/probe/users/${this.userId}/sessions`;
  }

  /** Creates a session of the probe with this id. */
  async begin(sessionId = 's', state?: Record<string, unknown>): Promise<Exchange> {
    return this.send('POST', this.sessionsPath, { json: { sessionId, ...(state && { state }) } });
  }

  /** Runs a turn without token streaming; `more` is added to the request. */
  async run(text: string, more: Record<string, unknown> = {}): Promise<Exchange> {
    return this.send('POST', '/run', { json: this.turn(text, more) });
  }

  async runSse(text: string, more: Record<string, unknown> = {}): Promise<Exchange> {
    return this.send('POST', '/run_sse', { json: this.turn(text, { streaming: true, ...more }) });
  }

  /** The session as the server stores it: compared like any response. */
  async stored(sessionId = 's'): Promise<Exchange> {
    return this.send('GET', `${this.sessionsPath}/${sessionId}`);
  }

  private turn(text: string, more: Record<string, unknown>): Record<string, unknown> {
    const newMessage = { role: 'user', parts: [{ text }] };
    return { appName: 'probe', userId: this.userId, sessionId: 's', newMessage, ...more };
  }
}

function readBody(text: string, contentType: string): Pick<Exchange, 'body' | 'frames'> {
  if (contentType.startsWith('text/event-stream')) return { frames: readFrames(text) };
  if (!contentType.startsWith('application/json')) return { body: text };
  try {
    return { body: parseJson(text) };
  } catch {
    return { body: `not JSON: ${text}` };
  }
}

/**
 * Frames of an SSE body. Comments and `id:` are additions of our service (docs/wire.md) and are skipped; any other
 * field, or data that is not JSON, is kept and so fails the comparison.
 */
export function readFrames(text: string): unknown[] {
  const frames: unknown[] = [];
  const parser = createParser({
    onEvent: ({ event, data }) => {
      if (event !== undefined) frames.push({ notAFrame: event });
      try {
        frames.push(parseJson(data));
      } catch {
        frames.push({ notJson: data });
      }
    },
    onRetry: (retry) => void frames.push({ notAFrame: { retry } }),
    onError: ({ line }) => void frames.push({ notAFrame: line }),
  });
  parser.feed(text);
  if (text !== '' && !text.endsWith('\n\n')) frames.push({ notAFrame: 'cut in the middle of an event' });
  return frames;
}
