import type { Metrics } from '../observability/metrics.ts';
import type { Attachment, Run, RunChoice, RunService, RunSummary, TurnRequest } from '../runs/run.ts';
import type { CompositeSessionKey } from '../sessions/session-store.ts';

/** Wraps a RunService and records the time to the first frame of the runs that are started here. */
export class MeasuredRuns implements RunService {
  readonly #runs: RunService;
  readonly #metrics: Metrics;
  readonly #clock: () => number;

  /** `clock` returns monotonic milliseconds. */
  constructor(runs: RunService, metrics: Metrics, clock: () => number = () => performance.now()) {
    this.#runs = runs;
    this.#metrics = metrics;
    this.#clock = clock;
  }

  get activeCount(): number {
    return this.#runs.activeCount;
  }

  async start(request: TurnRequest): Promise<Run> {
    const beganMs = this.#clock();
    const run = await this.#runs.start(request);
    void this.#measureFirst(run, beganMs);
    return run;
  }

  async attach(choice: RunChoice, lastEventId?: string): Promise<Attachment> {
    return this.#runs.attach(choice, lastEventId);
  }

  async cancel(choice: RunChoice): Promise<RunSummary> {
    return this.#runs.cancel(choice);
  }

  async list(session: CompositeSessionKey): Promise<RunSummary[]> {
    return this.#runs.list(session);
  }

  async drain(withinMs: number): Promise<void> {
    return this.#runs.drain(withinMs);
  }

  /** Time in the queue does not count. */
  async #measureFirst(run: Run, askedMs: number): Promise<void> {
    await run.started;
    const beganMs = run.started ? this.#clock() : askedMs;
    await run.firstFrame;
    this.#metrics.timeToFirstToken(this.#clock() - beganMs);
  }
}

/**
 * What a process counts of a run that it has executed, whether a request began it here, it was queued, or it was taken
 * over. A run that another process continues ends there, and is a turn there; its tokens are counted where they were used.
 */
export function measureEnd(
  metrics: Metrics,
  run: Run,
  { hasEnded, ms }: { hasEnded: boolean; ms: number },
): void {
  if (hasEnded) metrics.turn({ failed: run.state === 'failed', durationMs: ms });
  metrics.tokens(run.tokens);
  if (run.isFault) metrics.fault();
}
