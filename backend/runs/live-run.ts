import { ChunkJson } from './chunk-json.ts';
import { isFinalResponse, type Event } from '@google/adk';
import type { TurnFailure } from '../turn/turn-failure.ts';
import type { TurnRequest } from '../turn/turn-request.ts';
import { followStored } from './follow-stored.ts';
import { FrameLog, inBatches, type LogEnd } from './frame-log.ts';
import { FrameWriter } from './frame-writer.ts';
import { errorFrame, framesOf } from './frames-of.ts';
import { oneByOne, type EndState, type Frame, type Run, type RunState } from './run.ts';
import type { Lease, RunProgress, RunRecord, RunStore } from './run-store.ts';
import { addTokens, noTokens } from './token-use.ts';

/** Why a run is stopped from outside. */
export type StopReason =
  | 'cancelled'
  | 'too-long'
  | 'silent'
  | 'over-budget'
  | 'money-spent'
  | 'unheard'
  | 'hand-over'
  | 'lease-lost'
  | 'store-failed';

export interface LiveRunOptions {
  /** Index of this process's first frame. */
  firstIndex: number;
  /** Most model tokens in total, and while nobody listens. */
  runTokens: number;
  unheardTokens: number;
  /** Counts the cost of a model call in US dollars; returns whether a budget is now spent. */
  spend?: (usd: number) => boolean;
}

/** A run that this process executes. */
export class LiveRun implements Run {
  readonly id: string;
  readonly invocationId: string;
  readonly record: RunRecord;
  readonly lease: Lease;
  readonly request: TurnRequest;
  readonly ended: Promise<void>;
  readonly tokens = noTokens();
  /** Including those of processes that executed the run before. */
  readonly #allTokens = noTokens();
  readonly #abort = new AbortController();
  readonly #store: RunStore;
  readonly #log: FrameLog;
  readonly #chunkJson = new ChunkJson();
  readonly #writer: FrameWriter;
  readonly #firstIndex: number;
  readonly #runTokens: number;
  readonly #unheardTokens: number;
  readonly #spend: LiveRunOptions['spend'];
  readonly #resolveEnded: () => void;
  #state: RunState = 'running';
  #stopReason: StopReason | undefined;
  #listeners = 0;
  #tokensWhenLeft = 0;
  #eventCount = 0;
  #lastEventAt = performance.now();
  #next: Lease | undefined;
  #isFault = false;
  #refusal: Error | undefined;

  constructor(
    store: RunStore,
    record: RunRecord,
    lease: Lease,
    request: TurnRequest,
    options: LiveRunOptions,
  ) {
    this.id = record.id;
    this.invocationId = record.invocationId;
    this.record = record;
    this.lease = lease;
    this.request = request;
    this.#store = store;
    this.#firstIndex = options.firstIndex;
    this.#log = new FrameLog(options.firstIndex);
    this.#writer = new FrameWriter({
      store,
      lease,
      log: this.#log,
      onFailure: (error) => this.#storeFailed(error),
    });
    this.#runTokens = options.runTokens;
    this.#unheardTokens = options.unheardTokens;
    this.#spend = options.spend;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#resolveEnded = resolve;
  }

  get isFault(): boolean {
    return this.#isFault;
  }

  get state(): RunState {
    return this.#state;
  }

  /** Whether the run ended in this process. A run that this process gave up may have ended in another one. */
  get hasEndedHere(): boolean {
    return this.#log.end === 'ended';
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get stopReason(): StopReason | undefined {
    return this.#stopReason;
  }

  get firstFrame(): Promise<void> {
    return this.#untilShown();
  }

  /** Grows with every event: while it does, the run makes progress. */
  get eventCount(): number {
    return this.#eventCount;
  }

  /** Progress for operators. `nowMs` is the wall clock. */
  progress(nowMs: number): RunProgress {
    const silentMs = performance.now() - this.#lastEventAt;
    return { tokens: this.#allTokens.total, eventMs: Math.round(nowMs - silentMs) };
  }

  /** The lease of the session's next queued run, once this one has ended. */
  get next(): Lease | undefined {
    return this.#next;
  }

  /** The first reason counts. */
  stop(reason: StopReason): void {
    if (this.#state !== 'running' || this.#stopReason) return;
    this.#stopReason = reason;
    this.#abort.abort(new Error(reason));
  }

  frames(fromIndex = 0, signal?: AbortSignal): AsyncIterable<Frame> {
    return oneByOne(this.batches(fromIndex, signal));
  }

  async *batches(fromIndex = 0, signal?: AbortSignal): AsyncGenerator<readonly Frame[]> {
    const leave = (): void => this.#log.wake();
    signal?.addEventListener('abort', leave, { once: true });
    this.#listeners++;
    try {
      let index = Math.max(0, fromIndex);
      for (;;) {
        if (signal?.aborted) return;
        const frames = this.#log.from(index);
        if (frames === 'behind') {
          const stored = await this.#store.frames(this.id, index);
          // Every shown frame is stored until the run is deleted, so the run was deleted.
          if (!stored) return;
          const last = stored.frames.at(-1);
          if (!last && index >= this.#firstIndex) return;
          yield* inBatches(stored.frames);
          index = last ? last.index + 1 : this.#firstIndex;
        } else if (frames.length > 0) {
          yield frames;
          index += frames.length;
        } else if (this.#log.end) break;
        else await this.#log.change();
      }
      if (this.#refusal) throw this.#refusal;
      if (this.#log.end === 'moved')
        this.#state = (yield* followStored(this.#store, this.id, index, signal)) ?? this.#state;
    } finally {
      signal?.removeEventListener('abort', leave);
      this.#listeners--;
      this.#tokensWhenLeft = this.tokens.total;
    }
  }

  /** Reads the events shown before this process took the run over: their tokens count against the run's limit. */
  recall(shown: readonly Event[]): void {
    for (const event of shown) addTokens(this.#allTokens, event);
  }

  addEvent(event: Event): void {
    this.#eventCount++;
    this.#lastEventAt = performance.now();
    const chunk = this.#chunkJson.of(event);
    this.#writer.add('event', chunk === undefined ? framesOf(event, this.request) : [chunk]);
    if (event.partial || !event.usageMetadata) return;
    const { costUsd } = this.tokens;
    addTokens(this.tokens, event);
    addTokens(this.#allTokens, event);
    const isSpent = this.#spend?.(this.tokens.costUsd - costUsd) ?? false;
    // A final answer ends the turn anyway, and is complete even if it exceeds a limit.
    if (isFinalResponse(event)) return;
    if (isSpent) this.stop('money-spent');
    this.#checkBudget();
  }

  addError(failure: TurnFailure, nowMs: number): void {
    this.#isFault = failure.isBug;
    this.#writer.add('error', [errorFrame(failure.errorType, failure.errorMessage, nowMs)]);
  }

  /** Stores and shows all frames before the lease is handed over. */
  async flush(): Promise<void> {
    await this.#writer.flush();
  }

  /**
   * Ends the run: last frames, state and lease in one write. Throws if the store refuses; listeners are then told
   * nothing, because the process that takes the run over decides how it ends.
   */
  async end(state: EndState): Promise<void> {
    const rest = await this.#writer.close();
    this.#next = await this.#store.end(this.lease, state, rest, this.#allTokens);
    this.#writer.settled(rest);
    this.#finish(state, 'ended');
  }

  async #untilShown(): Promise<void> {
    while (this.#log.length === this.#firstIndex && !this.#log.end) await this.#log.change();
  }

  /**
   * The run continues in another process, to which listeners are passed on. If that may take long because the store
   * refuses (`refusal`), they get an error and are cut off instead; attaching again follows the run.
   */
  async leave(refusal?: Error): Promise<void> {
    this.#refusal = refusal;
    await this.#writer.close();
    this.#finish('running', 'moved');
  }

  #finish(state: RunState, end: LogEnd): void {
    this.#state = state;
    this.#log.close(end);
    this.#resolveEnded();
  }

  #checkBudget(): void {
    if (this.#allTokens.total > this.#runTokens) this.stop('over-budget');
    if (this.#listeners === 0 && this.tokens.total - this.#tokensWhenLeft > this.#unheardTokens)
      this.stop('unheard');
  }

  #storeFailed(error: unknown): void {
    const isLost = error instanceof Error && 'code' in error && error.code === 'LEASE_LOST';
    this.stop(isLost ? 'lease-lost' : 'store-failed');
  }
}
