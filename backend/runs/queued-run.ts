import { abortableSleep } from '../model/with-retries.ts';
import { oneByOne, type Frame, type Run, type RunState, type TokenUse } from './run.ts';
import type { RunRecord, RunStore } from './run-store.ts';
import { StoredRun } from './stored-run.ts';
import { noTokens } from './token-use.ts';

/** A queued run; once it has begun, in whichever process, this object behaves like that run. */
export class QueuedRun implements Run {
  readonly id: string;
  readonly invocationId: string;
  readonly started: Promise<void>;
  readonly #started = Promise.withResolvers<Run>();
  readonly #store: RunStore;
  readonly #record: RunRecord;
  #run: Run | undefined;

  constructor(store: RunStore, record: RunRecord) {
    this.#store = store;
    this.#record = record;
    this.id = record.id;
    this.invocationId = record.invocationId;
    this.started = this.#started.promise.then(() => undefined);
    void this.#watch();
  }

  get state(): RunState {
    return this.#run?.state ?? 'queued';
  }

  get tokens(): TokenUse {
    return this.#run?.tokens ?? noTokens();
  }

  get isFault(): boolean {
    return this.#run?.isFault ?? false;
  }

  get firstFrame(): Promise<void> {
    return this.#started.promise.then((run) => run.firstFrame);
  }

  get ended(): Promise<void> {
    return this.#started.promise.then((run) => run.ended);
  }

  /** The first call counts. */
  begin(run: Run): void {
    this.#run ??= run;
    this.#started.resolve(this.#run);
  }

  /** This process is shutting down: remaining listeners follow the store. */
  leave(): void {
    this.begin(new StoredRun(this.#store, this.#record));
  }

  frames(fromIndex = 0, signal?: AbortSignal): AsyncIterable<Frame> {
    return oneByOne(this.batches(fromIndex, signal));
  }

  async *batches(fromIndex = 0, signal?: AbortSignal): AsyncGenerator<readonly Frame[]> {
    const left = Promise.withResolvers<undefined>();
    const leave = (): void => left.resolve(undefined);
    signal?.addEventListener('abort', leave, { once: true });
    if (signal?.aborted) leave();
    const run = await Promise.race([this.#started.promise, left.promise]);
    signal?.removeEventListener('abort', leave);
    if (run) yield* run.batches(fromIndex, signal);
  }

  /** Another process may begin it, or take it back. */
  async #watch(): Promise<void> {
    while (!this.#run) {
      await abortableSleep(this.#store.pacing.lookEveryMs);
      // While the store does not answer, it waits.
      const seen = await this.#store.get(this.id).catch(() => this.#record);
      if (seen?.state !== 'queued') this.begin(new StoredRun(this.#store, seen ?? this.#record));
    }
  }
}
