import { sseResponse } from '@lornu/backend/http/sse.ts';
import type { Run } from '@lornu/backend/runs/run.ts';
import { runOn } from './clock.ts';
import type { Process, Surroundings } from './process.ts';

/** The longest delay of a message between a client and a process. */
export const LONGEST_NETWORK_MS = 25;
const PING_MS = 15_000;
/** How long a client waits for the head of a response. */
const LONGEST_ANSWER_MS = 20_000;

/** One for all: an error costs more than the rest of a departure. */
const LEFT = new Error('The client has left.');

/** The connection to a process broke, or no process was listening. */
export class Cut extends Error {}

/** An item of a stream: an event with its id, or a comment. */
export type Received = { id: string; data: string } | { comment: string };

/** A client's connection to one process. If the process dies, data in transit may or may not still arrive. */
export class Connection {
  readonly #world: Pick<Surroundings, 'time' | 'random'>;
  readonly #process: Process;
  /** Aborted when the client leaves the stream that it reads. */
  #left: AbortController | undefined;
  readonly #received: Received[] = [];
  #isOver = false;
  #arrivesAt = 0;
  /** Wakes whoever waits for the next item. */
  #wake = (): void => {};
  #isCut = false;
  /** Fails what waits for a response. */
  #break = (): void => {};
  readonly #cut = (): void => {
    this.#isCut = true;
    this.#break();
    // Half of the time, the data in transit is lost.
    if (this.#world.random() < 0.5) this.#end();
    else this.#deliver(() => this.#end());
  };

  constructor(world: Pick<Surroundings, 'time' | 'random'>, process: Process) {
    this.#world = world;
    this.#process = process;
    process.cuts.add(this.#cut);
  }

  async ask<T>(work: (process: Process) => Promise<T>): Promise<T> {
    const { time, random } = this.#world;
    const answer = await this.#untilCut(this.#process.answer(work), LONGEST_ANSWER_MS);
    await this.#untilCut(time.sleep(random() * LONGEST_NETWORK_MS));
    return answer;
  }

  /** Starts to send a run's frames, as the routes do. */
  listen(run: Run, fromIndex?: number): void {
    this.#left = new AbortController();
    const { signal } = this.#left;
    const options = {
      pingMs: PING_MS,
      metrics: undefined,
      log: { error: () => undefined },
      signal,
      ...(fromIndex === undefined ? {} : { fromIndex }),
    };
    void runOn(this.#process.host, async () => {
      const decoder = new TextDecoder();
      try {
        for await (const bytes of sseResponse(run, options).body ?? []) {
          const text = decoder.decode(bytes);
          this.#deliver(() => this.#receive(text));
        }
      } catch {
        // A failed stream cuts the connection.
      }
      this.#deliver(() => this.#end());
    });
  }

  /** The next item of the stream; undefined if the connection has ended, or after the timeout. */
  async next(withinMs: number): Promise<Received | undefined> {
    const giveUpAt = this.#world.time.now + withinMs;
    for (;;) {
      const received = this.#received.shift();
      if (received) return received;
      if (this.#isOver || this.#world.time.now >= giveUpAt) return undefined;
      await new Promise<void>((resolve) => {
        const timer = this.#world.time.after(withinMs, resolve);
        this.#wake = () => {
          timer.cancel();
          resolve();
        };
      });
    }
  }

  leave(): void {
    this.#process.cuts.delete(this.#cut);
    this.#isOver = true;
    if (this.#left) runOn(this.#process.host, () => this.#left?.abort(LEFT));
  }

  /** Delivers items in the order in which they were sent. */
  #deliver(arrive: () => void): void {
    const { time, random } = this.#world;
    const latency = random() < 0.5 ? 0 : random() * LONGEST_NETWORK_MS;
    this.#arrivesAt = Math.max(this.#arrivesAt, time.now + latency);
    runOn(undefined, () => setTimeout(arrive, this.#arrivesAt - time.now));
  }

  #receive(text: string): void {
    if (this.#isOver) return;
    for (const block of text.split('\n\n')) {
      const [, comment] = /^: (.*)/m.exec(block) ?? [];
      if (comment !== undefined) this.#received.push({ comment });
      const [, id, data] = /^id: (.*)\ndata: (.*)$/m.exec(block) ?? [];
      if (id !== undefined && data !== undefined) this.#received.push({ id, data });
    }
    this.#wake();
  }

  #end(): void {
    this.#isOver = true;
    this.#wake();
  }

  /** Throws Cut if the connection breaks first, or the time is over. One call at a time. */
  #untilCut<T>(work: Promise<T>, withinMs?: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = withinMs && this.#world.time.after(withinMs, () => reject(new Cut('no answer')));
      this.#break = () => reject(new Cut('cut'));
      if (this.#isCut) this.#break();
      const stopWaiting = (): void => {
        if (timer) timer.cancel();
      };
      work.finally(stopWaiting).then(resolve, reject);
    });
  }
}
