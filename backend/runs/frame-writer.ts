import type { FrameClock } from './frame-clock.ts';
import type { FrameLog } from './frame-log.ts';
import type { Frame } from './run.ts';
import type { Lease, RunStore } from './run-store.ts';

export interface FrameWriterParts {
  store: RunStore;
  lease: Lease;
  log: FrameLog;
  clock: FrameClock;
  /** Hears once that the store has refused. */
  onFailure: (error: unknown) => void;
}

/**
 * Numbers the frames of a run, stores them in batches and shows them once they are stored: what a client has seen is
 * never lost with the process. The first frame is stored at once, so that nobody waits for it. Where the store's pace
 * says so, frames are shown at once instead and stored a while later.
 */
export class FrameWriter {
  readonly #parts: FrameWriterParts;
  #pending: Frame[] = [];
  #nextIndex: number;
  #storing: Promise<void> | undefined;
  /** A listener waits for the next frame to be stored. */
  #isUrgent: boolean;
  /** The clock will call. */
  #isWaiting = false;
  #isClosed = false;
  /** The store has refused: frames are only kept for the run's end. */
  #isRefused = false;

  constructor(parts: FrameWriterParts) {
    this.#parts = parts;
    this.#nextIndex = parts.log.length;
    this.#isUrgent = !parts.store.pace.isShownFirst;
  }

  /** Frames of one event stay in one batch. */
  add(kind: Frame['kind'], jsons: readonly string[]): void {
    if (this.#isClosed) return;
    const { clock, log, store } = this.#parts;
    const frames = jsons.map((json): Frame => ({ index: this.#nextIndex++, kind, json }));
    this.#pending.push(...frames);
    if (store.pace.isShownFirst) log.publish(frames);
    if (this.#isUrgent || this.#pending.length >= store.pace.maxFrames) clock.now(() => this.#startStoring());
    else this.#wait();
  }

  /** Stores and shows everything so far. */
  async flush(): Promise<void> {
    while (!this.#isRefused && (this.#pending.length > 0 || this.#storing)) {
      this.#startStoring();
      await this.#storing;
    }
  }

  /** Takes no more frames; gives those that are not stored yet, to be stored together with the run's end. */
  async close(): Promise<Frame[]> {
    this.#isClosed = true;
    await this.#storing;
    const rest = this.#pending;
    this.#pending = [];
    return rest;
  }

  /** Shows frames that are stored now, or never will be. */
  publish(frames: readonly Frame[]): void {
    const { log, store } = this.#parts;
    if (!store.pace.isShownFirst) log.publish(frames);
  }

  #wait(): void {
    if (this.#isWaiting || this.#storing || this.#isRefused) return;
    this.#isWaiting = true;
    this.#parts.clock.next(() => {
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
    const { store, lease, onFailure } = this.#parts;
    const batch = this.#pending;
    this.#pending = [];
    try {
      await store.addFrames(lease, batch);
      this.publish(batch);
    } catch (error) {
      // In the order in which they came, in case the run's end can still be stored.
      this.#pending = [...batch, ...this.#pending];
      this.#isRefused = true;
      onFailure(error);
    }
    this.#storing = undefined;
    if (this.#pending.length > 0) this.#wait();
  }
}
