import type { Frame } from './run.ts';

/** How many frames are held for readers; who is further behind reads them from the store. */
const LONGEST = 2_000;

/** How a log ends: with the run, or because the run goes on in another process. */
export type LogEnd = 'ended' | 'moved';

/**
 * The latest frames of one run, for any number of readers. Readers hold a position and no copy, so a slow reader costs
 * nothing and holds up nobody.
 */
export class FrameLog {
  #frames: Frame[] = [];
  /** Index of the first frame that is held. */
  #base: number;
  #change: PromiseWithResolvers<void> | undefined;
  #end: LogEnd | undefined;

  constructor(base = 0) {
    this.#base = base;
  }

  /** Index of the next frame. */
  get length(): number {
    return this.#base + this.#frames.length;
  }

  get end(): LogEnd | undefined {
    return this.#end;
  }

  publish(frames: readonly Frame[]): void {
    for (const frame of frames) this.#frames.push(frame);
    if (this.#frames.length > 2 * LONGEST) {
      this.#base += this.#frames.length - LONGEST;
      this.#frames = this.#frames.slice(-LONGEST);
    }
    this.wake();
  }

  close(end: LogEnd): void {
    this.#end ??= end;
    this.wake();
  }

  /** The frame; 'behind' where it is no longer held, undefined where it is yet to come. */
  at(index: number): Frame | 'behind' | undefined {
    return index < this.#base ? 'behind' : this.#frames[index - this.#base];
  }

  /** Resolves with the next change, or with the next `wake`; one promise for all who wait. */
  change(): Promise<void> {
    this.#change ??= Promise.withResolvers<void>();
    return this.#change.promise;
  }

  /** Lets who waits look again: a reader has left. */
  wake(): void {
    const change = this.#change;
    this.#change = undefined;
    change?.resolve();
  }
}
