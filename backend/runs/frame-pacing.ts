import { FrameClock } from './frame-clock.ts';
import { firstIndexOf } from './frame-ids.ts';
import type { Frame } from './run.ts';

export interface FramePacingOptions {
  /** Longest time that a frame waits to be stored with others, in milliseconds. */
  everyMs: number;
  /** Most frames that wait. */
  maxFrames: number;
  /** Poll interval for a run of another process, in milliseconds. */
  lookEveryMs: number;
}

/**
 * The order in which a run's frames are stored and shown to its listeners, and how they are collected and numbered for
 * that. Each store chooses the one that fits the cost of its writes.
 */
export interface FramePacing extends Readonly<FramePacingOptions> {
  /** Whether a run's first frame is stored at once, because a listener waits for it. */
  readonly isFirstUrgent: boolean;
  /** Decides when a run's collected frames are stored; shared by runs whose frames are stored together. */
  clock(): FrameClock;
  /** Called with new frames that are not stored yet. */
  made(frames: readonly Frame[], show: (frames: readonly Frame[]) => void): void;
  /** Called when these frames were stored, or never will be. */
  settled(frames: readonly Frame[], show: (frames: readonly Frame[]) => void): void;
  /**
   * Index of the first frame of a process that executes a run after `takeovers` others, which stored `stored` frames.
   */
  firstIndex(takeovers: number, stored: number): number;
  /** An index below which all frames lie that listeners of another process's run can have seen. */
  shownBelow(takeovers: number, stored: () => Promise<number>): Promise<number>;
}

/**
 * Nothing that a listener has seen is lost with its process. For a store whose writes take milliseconds: all runs of
 * the process store at the same moments, in one commit.
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
 * For a store whose writes are slow and billed. Frames of a process that dies may have been seen and never stored, so
 * each process of a run numbers its frames in its own range.
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
