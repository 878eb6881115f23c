import type { Metrics } from '../observability/metrics.ts';
import { countTokens } from '../runs/count-tokens.ts';
import type { Run, RunService, TurnRequest } from '../runs/run.ts';

/** The same runs, counted: how they end, how long they take, what they cost, and when their first frame is there. */
export class MeasuredRuns implements RunService {
  readonly #runs: RunService;
  readonly #metrics: Metrics;
  readonly #clock: () => number;

  /** `clock` is in milliseconds and monotonic. */
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
    void this.#measureEnd(run, beganMs);
    return run;
  }

  async drain(withinMs: number): Promise<void> {
    return this.#runs.drain(withinMs);
  }

  async #measureEnd(run: Run, beganMs: number): Promise<void> {
    await run.ended;
    this.#metrics.turn({ failed: run.state === 'failed', durationMs: this.#clock() - beganMs });
    this.#metrics.tokens(await countTokens(run));
  }

  async #measureFirst(run: Run, beganMs: number): Promise<void> {
    const first = await run.frames()[Symbol.asyncIterator]().next();
    if (!first.done) this.#metrics.timeToFirstToken(this.#clock() - beganMs);
  }
}
