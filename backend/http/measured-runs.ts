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

  async start(request: TurnRequest, allowed?: Promise<unknown>): Promise<Run> {
    const beganMs = this.#clock();
    const run = await this.#runs.start(request, allowed);
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
 * The metrics of a run that this process executed: begun by a request, queued, or taken over. If another process
 * continues a run, that process counts the turn. Each process counts the tokens that it used.
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
