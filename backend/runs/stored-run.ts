import { storedObject } from '../errors/stored-json.ts';
import { fromWire } from '../events/wire.ts';
import type { ActiveRuns } from './active-runs.ts';
import { followStored } from './follow-stored.ts';
import { oneByOne, type Frame, type Run, type RunState } from './run.ts';
import type { RunRecord, RunStore } from './run-store.ts';
import { addTokens, noTokens } from './token-use.ts';

/** A run that another process executes, or that has ended: read from the store. */
export class StoredRun implements Run {
  readonly id: string;
  readonly invocationId: string;
  /** Counted by the process that executed it. */
  readonly tokens = noTokens();
  /** Counted by the process that executed it. */
  readonly isFault = false;
  readonly #store: RunStore;
  readonly #active: ActiveRuns | undefined;
  #state: RunState;
  #ended: Promise<void> | undefined;

  /** `active`: the runs of this process, which may take this one over. */
  constructor(store: RunStore, { id, invocationId, state }: RunRecord, active?: ActiveRuns) {
    this.#store = store;
    this.#active = active;
    this.id = id;
    this.invocationId = invocationId;
    this.#state = state;
  }

  get state(): RunState {
    return this.#state;
  }

  frames(fromIndex = 0, signal?: AbortSignal): AsyncIterable<Frame> {
    return oneByOne(this.batches(fromIndex, signal));
  }

  async *batches(fromIndex = 0, signal?: AbortSignal): AsyncGenerator<readonly Frame[]> {
    const followed = followStored(this.#store, this.id, fromIndex, signal, this.#active);
    this.#state = (yield* followed) ?? this.#state;
  }

  get firstFrame(): Promise<void> {
    return this.#readUntil(() => true);
  }

  get ended(): Promise<void> {
    this.#ended ??= this.#readUntil((frame) => {
      this.#count(frame);
      return false;
    });
    return this.#ended;
  }

  #count({ kind, json }: Frame): void {
    if (kind === 'error' || !json.includes('"usageMetadata"')) return;
    const event = storedObject(json, `a frame of run ${this.id}`);
    // Chunks carry usage too, and there are hundreds of them: only the complete event counts.
    if (event['partial'] !== true) addTokens(this.tokens, fromWire(event));
  }

  async #readUntil(isEnough: (frame: Frame) => boolean): Promise<void> {
    try {
      for await (const frame of this.frames()) if (isEnough(frame)) return;
    } catch {
      // The store does not answer: a waiting reader treats this as the end.
    }
  }
}
