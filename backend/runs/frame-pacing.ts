import { FrameClock } from './frame-clock.ts';
import { firstIndexOf } from './frame-ids.ts';
import type { Frame } from './run.ts';

export interface FramePacingOptions {
  /** A frame waits at most this long for others that are stored with it, milliseconds. */
  everyMs: number;
  /** Frames that wait at most. */
  maxFrames: number;
  /** How often a run of another process is looked at, milliseconds. */
  lookEveryMs: number;
}

/**
 * In which order the frames of a run are stored and shown to its listeners, and how they are gathered and numbered for
 * that. Each store chooses the one that fits what its writes cost.
 */
export interface FramePacing extends Readonly<FramePacingOptions> {
  /** Whether a run's first frame is stored at once, as a listener waits for it. */
  readonly isFirstUrgent: boolean;
  /** When the gathered frames of a run are stored; shared by runs whose frames are to be stored together. */
  clock(): FrameClock;
  /** Frames were made and are not stored yet. */
  made(frames: readonly Frame[], show: (frames: readonly Frame[]) => void): void;
  /** The same frames are stored now, or never will be. */
  settled(frames: readonly Frame[], show: (frames: readonly Frame[]) => void): void;
  /** Index of the first frame of a process that works on a run after `takeovers` others, which stored `stored` frames. */
  firstIndex(takeovers: number, stored: number): number;
  /** An index below which every frame lies that listeners of another process's run can have seen. */
  shownBelow(takeovers: number, stored: () => Promise<number>): Promise<number>;
}

/**
 * What a listener has seen is never lost with its process. For a store whose writes take milliseconds: all runs of the
 * process store at the same moments, in one commit.
 */
export class StoreThenShow implements FramePacing {
  readonly isFirstUrgent = true;
  readonly everyMs: number;
  readonly maxFrames: number;
  readonly lookEveryMs: number;
  readonly #clock: FrameClock;

  constructor({ everyMs, maxFrames, lookEveryMs }: FramePacingOptions) {
    [this.everyMs, this.maxFrames, this.lookEveryMs] = [everyMs, maxFrames, lookEveryMs];
    this.#clock = new FrameClock(everyMs);
  }

  clock(): FrameClock {
    return this.#clock;
  }

  made(): void {}

  settled(frames: readonly Frame[], show: (frames: readonly Frame[]) => void): void {
    show(frames);
  }

  firstIndex(_takeovers: number, stored: number): number {
    return stored;
  }

  async shownBelow(_takeovers: number, stored: () => Promise<number>): Promise<number> {
    return stored();
  }
}

/**
 * For a store whose writes are slow and counted. Frames of a process that dies may have been seen and never stored, so
 * each process of a run numbers its own in another range.
 */
export class ShowThenStore implements FramePacing {
  readonly isFirstUrgent = false;
  readonly everyMs: number;
  readonly maxFrames: number;
  readonly lookEveryMs: number;

  constructor({ everyMs, maxFrames, lookEveryMs }: FramePacingOptions) {
    [this.everyMs, this.maxFrames, this.lookEveryMs] = [everyMs, maxFrames, lookEveryMs];
  }

  clock(): FrameClock {
    return new FrameClock(this.everyMs);
  }

  made(frames: readonly Frame[], show: (frames: readonly Frame[]) => void): void {
    show(frames);
  }

  settled(): void {}

  firstIndex(takeovers: number): number {
    return firstIndexOf(takeovers);
  }

  async shownBelow(takeovers: number): Promise<number> {
    return firstIndexOf(takeovers + 1);
  }
}
