import type { FrameClock } from './frame-clock.ts';
import type { FramePacing } from './frame-pacing.ts';
import type { FrameLog } from './frame-log.ts';
import type { Frame } from './run.ts';
import type { Lease, RunStore } from './run-store.ts';

export interface FrameWriterDeps {
  store: RunStore;
  lease: Lease;
  log: FrameLog;
  /** Called once if the store refuses. */
  onFailure: (error: unknown) => void;
}

/**
 * Numbers the frames of a run, stores them in batches and then shows them; the store's pacing decides when.
 */
export class FrameWriter {
  readonly #deps: FrameWriterDeps;
  readonly #pacing: FramePacing;
  readonly #clock: FrameClock;
  #pending: Frame[] = [];
  #nextIndex: number;
  #storing: Promise<void> | undefined;
  /** Whether a listener waits for the next frame to be stored. */
  #isUrgent = true;
  /** Whether the clock will call. */
  #isWaiting = false;
  #isClosed = false;
  /** The store has refused: frames are only kept for the run's end. */
  #isRefused = false;

  constructor(deps: FrameWriterDeps) {
    this.#deps = deps;
    this.#nextIndex = deps.log.length;
    this.#pacing = deps.store.pacing;
    this.#clock = this.#pacing.clock();
  }

  /** Frames of one event stay in one batch. After `close` they are dropped. */
  add(kind: Frame['kind'], jsons: readonly string[]): void {
    if (this.#isClosed) return;
    const frames = jsons.map((json): Frame => ({ index: this.#nextIndex++, kind, json }));
    this.#pending.push(...frames);
    if (this.#isUrgent || this.#pending.length >= this.#pacing.maxFrames)
      this.#clock.now(() => this.#startStoring());
    else this.#wait();
  }

  /** Stores and shows everything so far. */
  async flush(): Promise<void> {
    while (!this.#isRefused && (this.#pending.length > 0 || this.#storing)) {
      this.#startStoring();
      await this.#storing;
    }
  }

  /** Accepts no more frames; returns those that are not stored yet, to be stored together with the run's end. */
  async close(): Promise<Frame[]> {
    this.#isClosed = true;
    await this.#storing;
    const rest = this.#pending;
    this.#pending = [];
    return rest;
  }

  /** The frames returned by `close` were stored, or never will be. */
  settled(frames: readonly Frame[]): void {
    this.#deps.log.publish(frames);
  }

  #wait(): void {
    if (this.#isWaiting || this.#storing || this.#isRefused) return;
    this.#isWaiting = true;
    this.#clock.next(() => {
      this.#isWaiting = false;
      this.#startStoring();
    });
  }

  #startStoring(): void {
    if (this.#storing || this.#isRefused || this.#isClosed || this.#pending.length === 0) return;
    this.#isUrgent = false;
    this.#storing = this.#store();
  }

  async #store(): Promise<void> {
    const { store, lease, onFailure } = this.#deps;
    const batch = this.#pending;
    this.#pending = [];
    try {
      await store.addFrames(lease, batch);
      this.settled(batch);
    } catch (error) {
      // In order of arrival, in case the run's end can still be stored.
      this.#pending = [...batch, ...this.#pending];
      this.#isRefused = true;
      onFailure(error);
    }
    this.#storing = undefined;
    if (this.#pending.length > 0) this.#wait();
  }
}
