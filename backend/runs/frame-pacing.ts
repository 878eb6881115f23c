import { FrameClock } from './frame-clock.ts';

export interface FramePacingOptions {
  /** Longest time that a frame waits to be stored with others, in milliseconds. */
  everyMs: number;
  /** The same for a run's second frame, growing to `everyMs` from write to write. Default: `everyMs`. */
  firstMs?: number;
  /** Whether all runs of the process store their frames at the same moments, in one commit. */
  isTogether: boolean;
  /** Most frames that wait. */
  maxFrames: number;
  /** Poll interval for a run of another process, in milliseconds. */
  lookEveryMs: number;
}

/**
 * How a run's frames are collected. A frame is shown after it was stored, so nothing that a listener has seen is lost with
 * its process. The first one is stored at once, because listeners wait for it. While a write is under way, frames wait for
 * the next one. Each store chooses the intervals that fit the cost of its writes.
 */
export class FramePacing {
  readonly maxFrames: number;
  readonly lookEveryMs: number;
  readonly #options: FramePacingOptions;
  readonly #shared: FrameClock | undefined;

  constructor(options: FramePacingOptions) {
    this.#options = options;
    this.maxFrames = options.maxFrames;
    this.lookEveryMs = options.lookEveryMs;
    this.#shared = options.isTogether ? new FrameClock(options.everyMs) : undefined;
  }

  /** A copy with these options changed. */
  with(options: Partial<FramePacingOptions>): FramePacing {
    return new FramePacing({ ...this.#options, ...options });
  }

  /** Decides when a run's collected frames are stored. */
  clock(): FrameClock {
    const { everyMs, firstMs } = this.#options;
    return this.#shared ?? new FrameClock(everyMs, firstMs);
  }
}
