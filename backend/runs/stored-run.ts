import { followStored } from './follow-stored.ts';
import type { Frame, Run, RunState, TokenUse } from './run.ts';
import type { RunRecord, RunStore } from './run-store.ts';

/** A run that another process carries, or that has ended: read from the store. */
export class StoredRun implements Run {
  readonly id: string;
  readonly invocationId: string;
  readonly tokens: TokenUse = { input: 0, output: 0, total: 0 };
  readonly #store: RunStore;
  #state: RunState;

  constructor(store: RunStore, { id, invocationId, state }: RunRecord) {
    this.#store = store;
    this.id = id;
    this.invocationId = invocationId;
    this.#state = state;
  }

  get state(): RunState {
    return this.#state;
  }

  async *frames(fromIndex = 0, signal?: AbortSignal): AsyncGenerator<Frame> {
    this.#state = (yield* followStored(this.#store, this.id, fromIndex, signal)) ?? this.#state;
  }

  get firstFrame(): Promise<void> {
    return this.#readUntil((index) => index >= 0);
  }

  get ended(): Promise<void> {
    return this.#readUntil(() => false);
  }

  async #readUntil(isEnough: (index: number) => boolean): Promise<void> {
    try {
      for await (const { index } of this.frames()) if (isEnough(index)) return;
    } catch {
      // The store does not answer: for who waits, that is an end.
    }
  }
}
