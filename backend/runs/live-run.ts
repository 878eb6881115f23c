import type { Event } from '@google/adk';
import { FrameLog } from './frame-log.ts';
import { errorFrame, framesOf } from './frames-of.ts';
import type { Frame, Run, RunState } from './run.ts';
import type { TurnFailure } from '../turn/turn-failure.ts';
import type { TurnRequest } from '../turn/turn-request.ts';

/** A run of this process. */
export class LiveRun implements Run {
  readonly id: string;
  readonly invocationId: string;
  readonly request: TurnRequest;
  readonly ended: Promise<void>;
  readonly abort = new AbortController();
  readonly #log = new FrameLog();
  readonly #resolveEnded: () => void;
  #state: RunState = 'running';

  constructor(id: string, invocationId: string, request: TurnRequest) {
    this.id = id;
    this.invocationId = invocationId;
    this.request = request;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#resolveEnded = resolve;
  }

  get state(): RunState {
    return this.#state;
  }

  frames(fromIndex?: number, signal?: AbortSignal): AsyncIterable<Frame> {
    return this.#log.read(fromIndex, signal);
  }

  addEvent(event: Event): void {
    for (const json of framesOf(event, this.request)) this.#log.add('event', json);
  }

  addError(failure: TurnFailure, nowMs: number): void {
    this.#log.add('error', errorFrame(failure.errorType, failure.errorMessage, nowMs));
  }

  end(state: Exclude<RunState, 'running'>): void {
    this.#state = state;
    this.#log.end();
    this.#resolveEnded();
  }
}
