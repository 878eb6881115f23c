import type { Frame } from './run.ts';

/** Frames held for readers; slower readers read from the store. */
const LONGEST = 2_000;
/** Characters that a reader is given at once, so that a slow one holds no copy of everything that it has not read. */
const MOST_CHARS = 64 * 1024;

/** How a log ends: with the run, or because the run continues in another process. */
export type LogEnd = 'ended' | 'moved';

/**
 * The latest frames of one run, for any number of readers. Readers hold a position and no copy, so a slow reader costs
 * nothing and delays nobody.
 */
export class FrameLog {
  #frames: Frame[] = [];
  /** Index of the oldest held frame. */
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

  /** The next frames (`someOf`), none if there are no more yet; 'behind' if they are no longer held. */
  from(index: number): readonly Frame[] | 'behind' {
    return index < this.#base ? 'behind' : someOf(this.#frames, index - this.#base);
  }

  /** Resolves with the next change or `wake`; one promise for all waiting readers. */
  change(): Promise<void> {
    this.#change ??= Promise.withResolvers<void>();
    return this.#change.promise;
  }

  /** Wakes waiting readers so that they re-check: a reader has left. */
  wake(): void {
    const change = this.#change;
    this.#change = undefined;
    change?.resolve();
  }
}

/** As many of the frames from this position on as a reader is given at once; at least one, if there is one. */
export function someOf(frames: readonly Frame[], from: number): readonly Frame[] {
  let end = from;
  for (let chars = 0; end < frames.length && chars < MOST_CHARS; end++) chars += frames[end]!.json.length;
  return frames.slice(from, end);
}

/** All of the frames, as a reader is given them. */
export function* inBatches(frames: readonly Frame[]): Generator<readonly Frame[], void> {
  for (let at = 0; at < frames.length;) {
    const some = someOf(frames, at);
    yield some;
    at += some.length;
  }
}
