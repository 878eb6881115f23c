import { AppError } from '../../errors/app-error.ts';
import type { Principal } from '../principal.ts';
import type { LimitStore } from './limit-store.ts';
import type { SharedCounts } from './shared-counts.ts';

export interface LimitNumbers {
  requestsPerMinute: number;
  streams: number;
  tokensPerDay: number;
}

export interface CallerLimitsOptions {
  numbers: LimitNumbers;
  store: LimitStore;
  /** Counts of processes that do not share the store's file. */
  shared?: SharedCounts | undefined;
  now: () => number;
  newId: () => string;
  /** A stream's slot expires after the longest run, so that a killed process does not block its callers for ever. */
  longestRunMs?: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 3_600_000;

/** Limits per verified caller; nothing in a request changes who is counted. */
export class CallerLimits {
  readonly #options: CallerLimitsOptions;
  /** Turns of each caller in this process. */
  readonly #turns = new Map<string, number>();

  constructor(options: CallerLimitsOptions) {
    this.#options = options;
    options.store.sweep(options.now());
  }

  /** Counts one request; throws LIMIT_REACHED with Retry-After if this minute's limit is reached. */
  countRequest(caller: Principal): void {
    const { numbers, store, shared, now } = this.#options;
    const nowMs = now();
    const name = `requests ${caller.id}`;
    const own = store.add(name, Math.floor(nowMs / MINUTE_MS), 1);
    const others = shared?.sum(name, own, numbers.requestsPerMinute, MINUTE_MS) ?? 0;
    if (own + others > numbers.requestsPerMinute) {
      throw limitReached(
        `At most ${numbers.requestsPerMinute} requests a minute`,
        MINUTE_MS - (nowMs % MINUTE_MS),
      );
    }
  }

  /** Takes a slot for a stream; the returned function releases it and may be called more than once. */
  openStream(caller: Principal): () => void {
    const { numbers, store, shared, now, newId, longestRunMs = 60 * MINUTE_MS } = this.#options;
    const nowMs = now();
    const own = store.sum(`tokens ${caller.id}`, Math.floor(nowMs / DAY_MS));
    const others = shared?.sum(`tokens ${caller.id}`, own, numbers.tokensPerDay, DAY_MS) ?? 0;
    if (own + others >= numbers.tokensPerDay) {
      throw limitReached(`At most ${numbers.tokensPerDay} tokens a day`, DAY_MS - (nowMs % DAY_MS));
    }
    const id = newId();
    const elsewhere = this.#noteTurns(caller.id, 0);
    const most = Math.max(0, numbers.streams - elsewhere);
    if (!store.openStream(id, caller.id, most, nowMs + longestRunMs, nowMs)) {
      throw limitReached(`At most ${numbers.streams} running turns at once`, 5_000);
    }
    this.#noteTurns(caller.id, 1);
    let isOpen = true;
    return () => {
      store.closeStream(id);
      if (isOpen) this.#noteTurns(caller.id, -1);
      isOpen = false;
    };
  }

  /** Adds the tokens of a finished turn: the turn that exceeds the limit is the last one of the day. */
  addTokens(caller: Principal, tokens: number): void {
    const { numbers, store, shared, now } = this.#options;
    if (tokens <= 0) return;
    const own = store.add(`tokens ${caller.id}`, Math.floor(now() / DAY_MS), tokens);
    shared?.sum(`tokens ${caller.id}`, own, numbers.tokensPerDay, DAY_MS);
  }

  /** Counts the caller's turns in this process; returns how many it has in the others. */
  #noteTurns(callerId: string, change: number): number {
    const { numbers, shared } = this.#options;
    if (!shared) return 0;
    const own = (this.#turns.get(callerId) ?? 0) + change;
    if (own > 0) this.#turns.set(callerId, own);
    else this.#turns.delete(callerId);
    return shared.open(`turns ${callerId}`, own, numbers.streams);
  }
}

function limitReached(detail: string, waitMs: number): AppError {
  return new AppError('LIMIT_REACHED', detail, {
    headers: { 'retry-after': String(Math.max(1, Math.ceil(waitMs / 1000))) },
  });
}
