import type { FrameLog } from './frame-log.ts';
import type { Frame } from './run.ts';
import type { Lease, RunStore } from './run-store.ts';

/**
 * Numbers the frames of a run, stores them in batches and shows them once they are stored: what a client has seen is
 * never lost with the process. The first frame is stored at once, so that nobody waits for it. Where the store's pace
 * says so, frames are shown at once instead and stored a while later.
 */
export class FrameWriter {
  readonly #store: RunStore;
  readonly #lease: Lease;
  readonly #log: FrameLog;
  readonly #onFailure: (error: unknown) => void;
  #pending: Frame[] = [];
  #nextIndex: number;
  #lastFlushAt = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #flushing: Promise<void> | undefined;
  #isClosed = false;
  /** The store has refused: frames are only kept for the run's end. */
  #isRefused = false;

  constructor(store: RunStore, lease: Lease, log: FrameLog, onFailure: (error: unknown) => void) {
    this.#store = store;
    this.#lease = lease;
    this.#log = log;
    this.#onFailure = onFailure;
    this.#nextIndex = log.length;
  }

  /** Frames of one event stay in one batch. */
  add(kind: Frame['kind'], ...jsons: string[]): void {
    if (this.#isClosed) return;
    const { everyMs, maxFrames, isShownFirst } = this.#store.pace;
    const frames = jsons.map((json): Frame => ({ index: this.#nextIndex++, kind, json }));
    this.#pending.push(...frames);
    if (isShownFirst) {
      this.#log.publish(frames);
      // Nobody waits for the first one to be stored, so it may wait for others too.
      if (this.#lastFlushAt === Number.NEGATIVE_INFINITY) this.#lastFlushAt = performance.now();
    }
    if (this.#flushing || this.#isRefused) return;
    const waitMs = this.#lastFlushAt + everyMs - performance.now();
    if (waitMs <= 0 || this.#pending.length >= maxFrames) this.#startFlush();
    else this.#timer ??= setTimeout(() => this.#startFlush(), waitMs);
  }

  /** Stores and shows everything so far. */
  async flush(): Promise<void> {
    while (!this.#isRefused && (this.#pending.length > 0 || this.#flushing)) {
      if (!this.#flushing) this.#startFlush();
      await this.#flushing;
    }
  }

  /** Takes no more frames; gives those that are not stored yet, to be stored together with the run's end. */
  async close(): Promise<Frame[]> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#flushing;
    const rest = this.#pending;
    this.#pending = [];
    return rest;
  }

  /** Shows frames that are stored now, or never will be. */
  publish(frames: readonly Frame[]): void {
    if (!this.#store.pace.isShownFirst) this.#log.publish(frames);
  }

  #startFlush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#flushing || this.#pending.length === 0) return;
    const batch = this.#pending;
    this.#pending = [];
    this.#lastFlushAt = performance.now();
    this.#flushing = this.#store
      .addFrames(this.#lease, batch)
      .then(() => this.publish(batch))
      .catch((error: unknown) => {
        // In the order in which they came, in case the run's end can still be stored.
        this.#pending = [...batch, ...this.#pending];
        this.#isRefused = true;
        this.#onFailure(error);
      })
      .finally(() => {
        this.#flushing = undefined;
        if (this.#pending.length > 0 && !this.#isClosed && !this.#isRefused)
          this.#timer ??= setTimeout(() => this.#startFlush(), this.#store.pace.everyMs);
      });
  }
}
