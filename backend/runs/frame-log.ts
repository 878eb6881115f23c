import type { Frame } from './run.ts';

/**
 * The frames of one run, in order, for any number of readers. Readers hold a position and no copy, so a slow reader
 * costs nothing and holds up nobody.
 */
export class FrameLog {
  readonly #frames: Frame[] = [];
  #waiting: (() => void)[] = [];
  #ended = false;

  get length(): number {
    return this.#frames.length;
  }

  add(kind: Frame['kind'], json: string): Frame {
    const frame: Frame = { index: this.#frames.length, json, kind };
    this.#frames.push(frame);
    this.#wake();
    return frame;
  }

  /** No more frames: readers end after the last one. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** Frames from `fromIndex` on, as they come; ends with the log or when the signal aborts. */
  async *read(fromIndex = 0, signal?: AbortSignal): AsyncGenerator<Frame> {
    for (let index = Math.max(0, fromIndex); ; index++) {
      while (index >= this.#frames.length) {
        if (this.#ended || signal?.aborted) return;
        await this.#change(signal);
      }
      if (signal?.aborted) return;
      const frame = this.#frames[index];
      if (frame) yield frame;
    }
  }

  #change(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        signal?.removeEventListener('abort', done);
        resolve();
      };
      signal?.addEventListener('abort', done, { once: true });
      this.#waiting.push(done);
    });
  }

  #wake(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
