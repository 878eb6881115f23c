import type { Metrics } from '../observability/metrics.ts';
import type { Attachment, Run, RunChoice, RunService, RunSummary, TurnRequest } from '../runs/run.ts';
import type { CompositeSessionKey } from '../sessions/session-store.ts';

/**
 * Wraps a RunService and records metrics: how runs end, their duration and tokens, and the time to their first frame.
 */
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
    void this.#measure(run, beganMs);
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

  /** Time in the queue does not count as time of the turn. */
  async #measure(run: Run, askedMs: number): Promise<void> {
    await run.started;
    const beganMs = run.started ? this.#clock() : askedMs;
    void this.#measureFirst(run, beganMs);
    void this.#measureEnd(run, beganMs);
  }

  async #measureEnd(run: Run, beganMs: number): Promise<void> {
    await run.ended;
    this.#metrics.turn({ failed: run.state === 'failed', durationMs: this.#clock() - beganMs });
    this.#metrics.tokens(run.tokens);
    if (run.isFault) this.#metrics.fault();
  }

  async #measureFirst(run: Run, beganMs: number): Promise<void> {
    await run.firstFrame;
    this.#metrics.timeToFirstToken(this.#clock() - beganMs);
  }
}
