import { AgentCard, type AgentInterface } from '@a2a-js/sdk';
import { DefaultAgentCardResolver } from '@a2a-js/sdk/client';
import type { JWK } from 'jose';
import { readJsonWithin } from '../identity/read-json-within.ts';
import { verifyCard } from './card-signature.ts';
import type { PeerAddress } from './peer-address.ts';
import { PeerError } from './peer-error.ts';

export interface CardCacheOptions {
  address: PeerAddress;
  /** Guarded: see guarded-fetch.ts. */
  fetch: typeof fetch;
  /** Public keys, one of which must have signed the card; undefined: signatures are not checked. */
  keys: readonly JWK[] | undefined;
  /** Milliseconds; monotonic. */
  clock: () => number;
}

const MAX_CARD_BYTES = 256 * 1024;
const FRESH_MS = 5 * 60_000;
const WITHIN_MS = 10_000;
const VERSIONS = ['1.0', '0.3'];
const BINDINGS = ['JSONRPC', 'HTTP+JSON'];

/** The peer's card, revalidated by ETag after five minutes; only a card that passed every check is cached. */
export class CardCache {
  readonly #options: CardCacheOptions;
  readonly #resolver = new DefaultAgentCardResolver({ legacyCompat: { enabled: true } });
  #held: { card: AgentCard; etag: string | null; seenAtMs: number } | undefined;
  #pending: Promise<AgentCard> | undefined;

  constructor(options: CardCacheOptions) {
    this.#options = options;
  }

  /** Throws PeerError, or the signal's reason; other waiting callers are not affected. */
  async card(signal?: AbortSignal): Promise<AgentCard> {
    const held = this.#held;
    if (held && this.#options.clock() - held.seenAtMs < FRESH_MS) return held.card;
    return this.look(signal);
  }

  /** The same, but revalidates now, with the ETag of the cached card. */
  async look(signal?: AbortSignal): Promise<AgentCard> {
    this.#pending ??= this.#load().finally(() => (this.#pending = undefined));
    return signal ? orAborted(this.#pending, signal) : this.#pending;
  }

  /** Makes the next call load the card again: the peer answered in a way that does not fit the cached one. */
  forget(): void {
    this.#held = undefined;
  }

  async #load(): Promise<AgentCard> {
    const { address, fetch, clock } = this.#options;
    const etag = this.#held?.etag;
    const response = await fetch(address.cardUrl, {
      headers: {
        accept: 'application/json',
        'a2a-version': '1.0',
        ...(etag ? { 'if-none-match': etag } : {}),
      },
      signal: AbortSignal.timeout(WITHIN_MS),
    });
    if (response.status === 304 && this.#held) {
      this.#held.seenAtMs = clock();
      return this.#held.card;
    }
    if (response.status !== 200)
      throw new PeerError('away', `The peer's card cannot be read: it answered ${response.status}.`);
    const card = await this.#check(await readCard(response));
    this.#held = { card, etag: response.headers.get('etag'), seenAtMs: clock() };
    return card;
  }

  async #check(raw: unknown): Promise<AgentCard> {
    const card = this.#parse(raw);
    if (this.#options.keys) await verifyCard(card, this.#options.keys);
    const usable = card.supportedInterfaces.filter(isUsable).toSorted((a, b) => rankOf(a) - rankOf(b));
    if (usable.length === 0)
      throw new PeerError('untrusted', "The peer's card names no interface that is spoken here.");
    // Check all of them: a card with an address elsewhere is not this peer's card.
    for (const { url } of card.supportedInterfaces) this.#options.address.check(url);
    return { ...card, supportedInterfaces: usable.slice(0, 1) };
  }

  #parse(raw: unknown): AgentCard {
    try {
      // Parse by the schema: of a signed card, only what the signature covers may be read.
      return isCurrent(raw) ? AgentCard.fromJSON(raw) : this.#resolver.normalizeAgentCard(raw);
    } catch (cause) {
      throw new PeerError('untrusted', "The peer's card is not a card.", { cause });
    }
  }
}

async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const left = Promise.withResolvers<never>();
  const leave = (): void => left.reject(signal.reason);
  if (signal.aborted) leave();
  signal.addEventListener('abort', leave, { once: true });
  try {
    return await Promise.race([work, left.promise]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

async function readCard(response: Response): Promise<unknown> {
  try {
    return await readJsonWithin(response, MAX_CARD_BYTES);
  } catch (cause) {
    if (cause instanceof PeerError) throw cause;
    throw new PeerError('untrusted', "The peer's card is too long or no JSON.", { cause });
  }
}

/** Whether it is a card of 1.0, which may also hold the fields of 0.3. */
function isCurrent(raw: unknown): boolean {
  return typeof raw === 'object' && raw !== null && 'supportedInterfaces' in raw;
}

function isUsable({ protocolVersion, protocolBinding }: AgentInterface): boolean {
  return VERSIONS.includes(minorOf(protocolVersion)) && BINDINGS.includes(protocolBinding);
}

function rankOf({ protocolVersion, protocolBinding }: AgentInterface): number {
  return VERSIONS.indexOf(minorOf(protocolVersion)) * BINDINGS.length + BINDINGS.indexOf(protocolBinding);
}

/** Only major and minor count (A2A 1.0, 3.6). */
const minorOf = (version: string): string => version.split('.').slice(0, 2).join('.');
