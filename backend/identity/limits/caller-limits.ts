import { AppError } from '../../errors/app-error.ts';
import type { Principal } from '../principal.ts';
import type { SharedCounts } from './shared-counts.ts';

export interface LimitNumbers {
  requestsPerMinute: number;
  streams: number;
  tokensPerDay: number;
}

export interface CallerLimitsOptions {
  numbers: LimitNumbers;
  counts: SharedCounts;
  now: () => number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 3_600_000;

/** Limits per verified caller; nothing in a request changes who is counted. */
export class CallerLimits {
  readonly #options: CallerLimitsOptions;

  constructor(options: CallerLimitsOptions) {
    this.#options = options;
  }

  /** Counts one request; throws LIMIT_REACHED with Retry-After if this minute's limit is reached. */
  countRequest({ id }: Principal): void {
    const { numbers, counts, now } = this.#options;
    const limit = numbers.requestsPerMinute;
    if (counts.add(`requests ${id}`, 1, limit, MINUTE_MS) > limit)
      throw limitReached(`At most ${limit} requests a minute`, MINUTE_MS - (now() % MINUTE_MS));
  }

  /** Takes a slot for a stream; the returned function releases it and may be called more than once. */
  openStream({ id }: Principal): () => void {
    const { numbers, counts, now } = this.#options;
    const { streams, tokensPerDay } = numbers;
    if (counts.add(`tokens ${id}`, 0, tokensPerDay, DAY_MS) >= tokensPerDay)
      throw limitReached(`At most ${tokensPerDay} tokens a day`, DAY_MS - (now() % DAY_MS));
    const name = `turns ${id}`;
    if (counts.open(name, 0, streams) >= streams)
      throw limitReached(`At most ${streams} running turns at once`, 5_000);
    counts.open(name, 1, streams);
    let isOpen = true;
    return () => {
      if (isOpen) counts.open(name, -1, streams);
      isOpen = false;
    };
  }

  /** Adds the tokens of a finished turn: the turn that exceeds the limit is the last one of the day. */
  addTokens({ id }: Principal, tokens: number): void {
    const { numbers, counts } = this.#options;
    if (tokens > 0) counts.add(`tokens ${id}`, tokens, numbers.tokensPerDay, DAY_MS);
  }
}

function limitReached(detail: string, waitMs: number): AppError {
  return new AppError('LIMIT_REACHED', detail, {
    headers: { 'retry-after': String(Math.max(1, Math.ceil(waitMs / 1000))) },
  });
}
