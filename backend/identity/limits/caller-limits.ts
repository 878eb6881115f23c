import { AppError } from '../../errors/app-error.ts';
import type { Principal } from '../principal.ts';
import type { LimitStore } from './limit-store.ts';

export interface LimitNumbers {
  requestsPerMinute: number;
  streams: number;
  tokensPerDay: number;
}

export interface CallerLimitsOptions {
  numbers: LimitNumbers;
  store: LimitStore;
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

  constructor(options: CallerLimitsOptions) {
    this.#options = options;
    options.store.sweep(options.now());
  }

  /** Counts one request; throws LIMIT_REACHED with Retry-After if this minute's limit is reached. */
  countRequest(caller: Principal): void {
    const { numbers, store, now } = this.#options;
    const nowMs = now();
    const count = store.add(`requests ${caller.id}`, Math.floor(nowMs / MINUTE_MS), 1);
    if (count > numbers.requestsPerMinute) {
      throw limitReached(
        `At most ${numbers.requestsPerMinute} requests a minute`,
        MINUTE_MS - (nowMs % MINUTE_MS),
      );
    }
  }

  /** Takes a slot for a stream; the returned function releases it and may be called more than once. */
  openStream(caller: Principal): () => void {
    const { numbers, store, now, newId, longestRunMs = 60 * MINUTE_MS } = this.#options;
    const nowMs = now();
    const used = store.add(`tokens ${caller.id}`, Math.floor(nowMs / DAY_MS), 0);
    if (used >= numbers.tokensPerDay) {
      throw limitReached(`At most ${numbers.tokensPerDay} tokens a day`, DAY_MS - (nowMs % DAY_MS));
    }
    const id = newId();
    if (!store.openStream(id, caller.id, numbers.streams, nowMs + longestRunMs, nowMs)) {
      throw limitReached(`At most ${numbers.streams} running turns at once`, 5_000);
    }
    return () => store.closeStream(id);
  }

  /** Adds the tokens of a finished turn: the turn that exceeds the limit is the last one of the day. */
  addTokens(caller: Principal, tokens: number): void {
    const { store, now } = this.#options;
    if (tokens > 0) store.add(`tokens ${caller.id}`, Math.floor(now() / DAY_MS), tokens);
  }
}

function limitReached(detail: string, waitMs: number): AppError {
  return new AppError('LIMIT_REACHED', detail, {
    headers: { 'retry-after': String(Math.max(1, Math.ceil(waitMs / 1000))) },
  });
}
