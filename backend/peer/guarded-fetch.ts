import { traceHeaders } from '../observability/trace-context.ts';
import type { PeerAddress } from './peer-address.ts';
import { PeerError } from './peer-error.ts';

export interface GuardOptions {
  address: PeerAddress;
  fetch: typeof fetch;
  /** An ID token for the peer; undefined if it requires none. */
  token: () => Promise<string | undefined>;
  /** Most bytes of one response. */
  maxBytes: number;
  /** Longest wait for the response head, and between two chunks, in milliseconds. */
  silenceMs: number;
}

/**
 * The only way to call the peer: its own origin only, with our token and trace, no redirects, limited in bytes and
 * silence.
 * Throws PeerError; a caller's abort is passed on unchanged.
 */
export function guardedFetch(options: GuardOptions): typeof fetch {
  const call = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const url = options.address.check(input instanceof Request ? input.url : String(input));
    const headers = new Headers({ ...traceHeaders(), ...Object.fromEntries(new Headers(init.headers)) });
    const watch = new Watch(init.signal ?? undefined, options.silenceMs);
    try {
      const token = await Promise.race([options.token(), watch.over]);
      if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
      // With a redirect, the peer, or an attacker in its place, could send our token and question to any address.
      const response = await options.fetch(url, {
        ...init,
        headers,
        redirect: 'manual',
        signal: watch.signal,
      });
      if (response.status >= 300 && response.status < 400 && response.status !== 304)
        throw new PeerError('untrusted', 'The peer sends us elsewhere: it is not followed.');
      refuse(response.status);
      if (response.body === null) return response;
      return new Response(bounded(response.body, watch, options.maxBytes), response);
    } catch (error) {
      watch.stop();
      throw watch.explain(error);
    }
  };
  return call as typeof fetch;
}

/** Statuses that say nothing about the question: our identity is refused, or the peer is unavailable. */
function refuse(status: number): void {
  if (status === 401 || status === 403)
    throw new PeerError('refused', `The peer does not accept who we are (${status}).`);
  if (status === 429 || status >= 500) throw new PeerError('away', `The peer cannot answer now (${status}).`);
}

async function* pieces(
  body: ReadableStream<Uint8Array>,
  watch: Watch,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  try {
    for await (const piece of body) {
      watch.heard();
      size += piece.byteLength;
      if (size > maxBytes)
        throw new PeerError('too-much', 'The peer sends more than is read: the rest is left.');
      yield piece;
    }
  } catch (error) {
    throw watch.explain(error);
  } finally {
    watch.stop();
  }
}

function bounded(
  body: ReadableStream<Uint8Array>,
  watch: Watch,
  maxBytes: number,
): ReadableStream<Uint8Array> {
  const source = pieces(body, watch, maxBytes);
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await source.next();
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (error) {
        controller.error(error);
      }
    },
    async cancel() {
      watch.end();
      await source.return(undefined);
    },
  });
}

/** Ends a request that is silent for too long or whose caller aborts, and knows which of the two happened. */
class Watch {
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal | undefined;
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #follow = (): void => this.#controller.abort(this.#caller?.reason);
  readonly #over = Promise.withResolvers<never>();
  #isSilent = false;

  constructor(caller: AbortSignal | undefined, silenceMs: number) {
    this.#caller = caller;
    // Avoid an unhandled rejection if nobody awaits it.
    this.#over.promise.catch(() => undefined);
    this.#controller.signal.addEventListener('abort', () =>
      this.#over.reject(this.#controller.signal.reason),
    );
    this.#timer = setTimeout(() => {
      this.#isSilent = true;
      this.#controller.abort(new Error('silent for too long'));
    }, silenceMs);
    if (caller?.aborted) this.#follow();
    else caller?.addEventListener('abort', this.#follow, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Rejects when the request is ended. */
  get over(): Promise<never> {
    return this.#over.promise;
  }

  heard(): void {
    this.#timer.refresh();
  }

  end(): void {
    this.stop();
    this.#controller.abort();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#caller?.removeEventListener('abort', this.#follow);
  }

  explain(error: unknown): unknown {
    if (error instanceof PeerError) return error;
    if (this.#isSilent) return new PeerError('slow', 'The peer did not answer in time.', { cause: error });
    if (this.#caller?.aborted) return this.#caller.reason;
    return new PeerError('away', 'The peer cannot be reached.', { cause: error });
  }
}
