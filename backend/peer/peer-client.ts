import { type AgentCard, type Message, Role, TaskState } from '@a2a-js/sdk';
import { A2AError } from '@a2a-js/sdk/errors';
import {
  type Client,
  ClientFactory,
  JsonRpcTransportFactory,
  RestTransportFactory,
} from '@a2a-js/sdk/client';
import type { JWK } from 'jose';
import type { Logger } from '../observability/logger.ts';
import { CardCache } from './card-cache.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { guardedFetch } from './guarded-fetch.ts';
import { PeerAddress } from './peer-address.ts';
import { PeerError } from './peer-error.ts';
import { PeerWords } from './peer-words.ts';
import { traceConsultation } from './trace-consultation.ts';

export interface PeerClientOptions {
  /** The peer's A2A address. */
  url: string;
  /** Audience of our ID tokens. */
  audience: string;
  /** Issues ID tokens for an audience; undefined if we have no Google identity. */
  idToken: ((audience: string) => Promise<string>) | undefined;
  /** Public keys, one of which must have signed its card; undefined: signatures are not checked. */
  cardKeys?: readonly JWK[] | undefined;
  /** Time limit of one consultation, in milliseconds. */
  withinMs: number;
  limits?: Partial<PeerLimits>;
  log: Logger;
  fetch?: typeof fetch;
  newId: () => string;
  /** Milliseconds; monotonic. */
  clock?: () => number;
  breaker?: CircuitBreaker;
}

export interface PeerLimits {
  /** Most characters of a question that are sent. */
  questionChars: number;
  /** Most characters of an answer that are read; the rest is cut off, with a note. */
  answerChars: number;
  /** Most bytes of one HTTP response. */
  answerBytes: number;
  /** Longest time without a byte, in milliseconds. */
  silenceMs: number;
}

const LIMITS: PeerLimits = {
  questionChars: 8_000,
  answerChars: 16_000,
  answerBytes: 4 * 1024 * 1024,
  silenceMs: 30_000,
};

/** A peer's final answer. */
export interface PeerAnswer {
  /** The name on its card. */
  name: string;
  text: string;
  /** Whether the answer was longer than the limit and was cut. */
  isCut: boolean;
  /** The peer asked a question instead of finishing; its task was cancelled, as nobody here can answer. */
  question?: string;
}

export interface Asking {
  /** The message's metadata: the hops. Nothing else of the caller is sent. */
  metadata: Readonly<Record<string, unknown>>;
  signal?: AbortSignal | undefined;
  /** Called with the answer's text as it arrives. */
  onText?: (text: string) => void;
}

/** Asks the peer over A2A: each question in a new context, with limits on time, size and silence. */
export class PeerClient {
  readonly #options: PeerClientOptions;
  readonly #limits: PeerLimits;
  readonly #cards: CardCache;
  readonly #breaker: CircuitBreaker;
  readonly #fetch: typeof fetch;

  constructor(options: PeerClientOptions) {
    const { url, fetch = globalThis.fetch, clock = () => performance.now() } = options;
    this.#options = options;
    this.#limits = { ...LIMITS, ...options.limits };
    const address = new PeerAddress(url);
    this.#breaker = options.breaker ?? new CircuitBreaker({ clock });
    this.#fetch = guardedFetch({
      address,
      fetch,
      token: async () => this.#token(),
      maxBytes: this.#limits.answerBytes,
      silenceMs: this.#limits.silenceMs,
    });
    this.#cards = new CardCache({ address, fetch: this.#fetch, keys: options.cardKeys, clock });
  }

  /** Checks for /ready that the peer serves its card; throws PeerError. */
  async probe(signal?: AbortSignal): Promise<void> {
    await this.#cards.look(signal);
    if (this.#breaker.isOpen) throw this.#paused();
  }

  /** Throws PeerError, or the reason of the caller's abort. */
  async ask(question: string, asking: Asking): Promise<PeerAnswer> {
    if (!this.#breaker.enter()) throw this.#paused();
    const { clock = () => performance.now(), log } = this.#options;
    const beganMs = clock();
    try {
      const answer = await traceConsultation(this.#options.url, async () => this.#ask(question, asking));
      this.#breaker.succeeded();
      log.info('the peer answered', {
        name: answer.name,
        characters: answer.text.length,
        durationMs: Math.round(clock() - beganMs),
      });
      return answer;
    } catch (error) {
      const reported = asking.signal?.aborted ? asking.signal.reason : toPeerError(error);
      if (asking.signal?.aborted) this.#breaker.left();
      // A peer that answers badly is still reachable.
      else if (reported.failure === 'failed') this.#breaker.succeeded();
      else this.#breaker.failed();
      if (reported instanceof PeerError)
        log.warn('the peer did not answer', {
          failure: reported.failure,
          reason: reported.message,
          error,
        });
      throw reported;
    }
  }

  #paused(): PeerError {
    return new PeerError(
      'paused',
      'The peer failed several times in a row and is left alone for half a minute.',
    );
  }

  async #ask(question: string, asking: Asking): Promise<PeerAnswer> {
    const signal = AbortSignal.any([
      AbortSignal.timeout(this.#options.withinMs),
      ...(asking.signal ? [asking.signal] : []),
    ]);
    const card = await this.#cards.card(signal);
    const client = await this.#connect(card);
    const words = new PeerWords();
    let isCut = false;
    try {
      const request = {
        message: this.#message(question, asking),
        configuration: undefined,
        metadata: undefined,
        tenant: '',
      };
      for await (const piece of client.sendMessageStream(request, { signal })) {
        const text = words.take(piece);
        isCut = words.text.length > this.#limits.answerChars;
        if (text && !isCut) asking.onText?.(text);
        if (isCut || words.hasEnded) break;
      }
      if (!isCut && !words.hasEnded)
        throw new PeerError('away', 'The peer stopped in the middle of its answer.');
      return this.#conclude(card, words, isCut);
    } catch (error) {
      this.#cards.forget();
      throw error;
    } finally {
      if (isLeftOpen(words)) this.#leave(client, words.taskId);
    }
  }

  #conclude({ name }: AgentCard, words: PeerWords, isCut: boolean): PeerAnswer {
    const text = words.text.slice(0, this.#limits.answerChars);
    const { state, says } = words.status;
    switch (state) {
      case TaskState.TASK_STATE_FAILED:
      case TaskState.TASK_STATE_REJECTED:
      case TaskState.TASK_STATE_CANCELED:
        throw new PeerError('failed', "The peer's own turn failed.", { cause: says.slice(0, 500) });
      case TaskState.TASK_STATE_INPUT_REQUIRED:
      case TaskState.TASK_STATE_AUTH_REQUIRED:
        return {
          name: name.slice(0, 100),
          text,
          isCut,
          // Its question may be a tool call, whose details are private to the peer.
          question: says.slice(0, this.#limits.answerChars) || 'It wants to be told something first.',
        };
      default:
        return { name: name.slice(0, 100), text, isCut };
    }
  }

  async #connect(card: AgentCard): Promise<Client> {
    const options = { fetchImpl: this.#fetch, legacyCompat: { enabled: true } };
    return new ClientFactory({
      transports: [new JsonRpcTransportFactory(options), new RestTransportFactory(options)],
      // The card is already loaded; the SDK's resolver would fetch it without our guard.
      cardResolver: { resolve: async () => card },
    }).createFromAgentCard(card);
  }

  /** Names no context and no task: the peer creates its own, and ours are not disclosed. */
  #message(question: string, { metadata }: Asking): Message {
    const text = question.slice(0, this.#limits.questionChars);
    return {
      messageId: this.#options.newId(),
      role: Role.ROLE_USER,
      parts: [{ content: { $case: 'text', value: text }, mediaType: '', filename: '', metadata: undefined }],
      contextId: '',
      taskId: '',
      extensions: [],
      referenceTaskIds: [],
      metadata: { ...metadata },
    };
  }

  /** Cancels the peer's task when nobody waits for it any more; a failure to cancel is ignored. */
  #leave(client: Client, taskId: string): void {
    const request = { id: taskId, metadata: undefined, tenant: '' };
    client.cancelTask(request, { signal: AbortSignal.timeout(5_000) }).catch((error: unknown) => {
      this.#options.log.info("the peer's task could not be cancelled", { error });
    });
  }

  async #token(): Promise<string | undefined> {
    const { idToken, audience } = this.#options;
    try {
      return await idToken?.(audience);
    } catch (cause) {
      throw new PeerError('refused', 'Google gave us no token for the peer.', { cause });
    }
  }
}

function isLeftOpen({ taskId, status }: PeerWords): boolean {
  const open = [
    TaskState.TASK_STATE_UNSPECIFIED,
    TaskState.TASK_STATE_SUBMITTED,
    TaskState.TASK_STATE_WORKING,
    TaskState.TASK_STATE_INPUT_REQUIRED,
    TaskState.TASK_STATE_AUTH_REQUIRED,
  ];
  return taskId !== '' && open.includes(status.state);
}

/** The SDK wraps errors of its stream, and repeats the peer's text in its own messages. */
function toPeerError(error: unknown): PeerError {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if (at instanceof PeerError) return at;
    if (at instanceof A2AError)
      return new PeerError('refused', 'The peer refuses the question.', { cause: error });
    if (at.name === 'TimeoutError')
      return new PeerError('slow', 'The peer did not answer in time.', { cause: error });
  }
  return new PeerError('untrusted', 'The peer answers in a way that is not A2A.', { cause: error });
}
