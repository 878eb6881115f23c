import {
  codeNamed,
  FirestoreError,
  whileUnavailable,
  type Channel,
  type Code,
  type Row,
  type Verb,
} from './channel.ts';

export interface RestChannelOptions {
  /** Such as https://firestore.googleapis.com. */
  origin: string;
  /** Headers that identify the caller, for each attempt. */
  credentials: () => Promise<Record<string, string>>;
  /** Time limit of one call with its retries, in milliseconds. */
  callMs: number;
}

/** For responses that are not Firestore's own, such as a load balancer's. */
const CODES_OF_HTTP: { [status: number]: Code } = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  504: 'DEADLINE_EXCEEDED',
};

/**
 * Firestore's REST API over Bun's fetch, which keeps its connections. A call that did not reach Firestore, or got no
 * response because its connection broke, is sent again: it may arrive twice.
 */
export class RestChannel implements Channel {
  readonly #options: RestChannelOptions;

  constructor(options: RestChannelOptions) {
    this.#options = options;
  }

  async call(verb: Verb, target: string, body: object): Promise<Row[]> {
    const { origin, callMs } = this.#options;
    const url = `${origin}/v1/${encodeURI(target.toWellFormed()).replaceAll(/[?#:]/g, encodeURIComponent)}:${verb}`;
    const json = JSON.stringify(body);
    return whileUnavailable(callMs, async (withinMs) => this.#attempt(url, json, withinMs));
  }

  async #attempt(url: string, body: string, withinMs: number): Promise<Row[]> {
    const { status, text } = await this.#send(url, body, withinMs);
    let messages: Row[];
    try {
      const json = JSON.parse(text) as Row | Row[];
      messages = Array.isArray(json) ? json : [json];
    } catch (cause) {
      const code = CODES_OF_HTTP[status] ?? 'UNAVAILABLE';
      throw new FirestoreError(code, `HTTP ${status} without an answer of Firestore`, { cause });
    }
    const { error } = messages.find((row) => row['error']) ?? {};
    if (error) {
      const { status: name, message } = error as { status?: string; message?: string };
      throw new FirestoreError(codeNamed(name), message ?? '');
    }
    return messages;
  }

  async #send(url: string, body: string, withinMs: number): Promise<{ status: number; text: string }> {
    const credentials = await this.#options.credentials();
    try {
      const response = await fetch(url, {
        method: 'POST',
        // Small messages: to compress them costs more than it saves.
        headers: { ...credentials, 'content-type': 'application/json', 'accept-encoding': 'identity' },
        body,
        signal: AbortSignal.timeout(Math.ceil(withinMs)),
      });
      return { status: response.status, text: await response.text() };
    } catch (cause) {
      const isLate = cause instanceof Error && cause.name === 'TimeoutError';
      throw new FirestoreError(isLate ? 'DEADLINE_EXCEEDED' : 'UNAVAILABLE', 'No answer', { cause });
    }
  }
}
