import { AppError } from '../errors/app-error.ts';
import type { ActiveRun, ActiveRunPage, Maintenance, OperatorStore, RunFilter } from './operator-store.ts';
import type { RunStore } from './run-store.ts';

/** Runs to cancel: one, those of an agent, a user or both, or all. */
export type StopChoice = { runId: string } | RunFilter | 'all';

/** The sentence that people read if an operator stopped their turn without giving a sentence. */
export const STOPPED_BY_OPERATOR = 'An operator of this service stopped the answer.';

export interface RunOperatorOptions {
  runs: Pick<RunStore, 'get' | 'requestCancel' | 'cancelQueued'>;
  store: OperatorStore;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Monotonic milliseconds. */
  clock?: () => number;
}

/** Sessions per page of a stop. */
const SESSIONS_A_PAGE = 200;
/** Concurrent requests to the store. */
const STOPPED_AT_ONCE = 16;
/**
 * Longest age of the maintenance state when a turn begins: half of the two seconds that docs/operations.md promises.
 */
const LOOK_EVERY_MS = 1_000;
/** How long a new turn waits for that state; then the previous one counts. */
const LOOK_WITHIN_MS = 1_000;

/**
 * An operator's actions on runs of any session and process. The processes see them in the store: none must be reached
 * directly.
 */
export class RunOperator {
  readonly #options: RunOperatorOptions;
  readonly #clock: () => number;
  #known: Maintenance | undefined;
  #knownAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;

  constructor(options: RunOperatorOptions) {
    this.#options = options;
    this.#clock = options.clock ?? (() => performance.now());
  }

  /** Runs that have not ended. Throws BAD_CURSOR. */
  async list(filter: RunFilter, limit: number, cursor?: string): Promise<ActiveRunPage> {
    return this.#options.store.activeRuns(filter, limit, cursor);
  }

  /**
   * Requests the cancellation of each matching run that has not ended, and takes queued messages back; resolves with
   * their ids once that is stored. The process that executes a run stops it within a second, and its conversation shows
   * the sentence. Throws RUN_NOT_FOUND.
   */
  async stop(choice: StopChoice, sentence: string = STOPPED_BY_OPERATOR): Promise<string[]> {
    const { runs } = this.#options;
    if (typeof choice === 'object' && 'runId' in choice) {
      const run = await runs.get(choice.runId);
      if (!run) throw new AppError('RUN_NOT_FOUND', `Run not found: ${choice.runId}`);
      if (run.state !== 'queued' && run.state !== 'running') return [];
      await this.#stopOne({ id: run.id, state: run.state }, sentence);
      return [run.id];
    }
    const meant = await this.#all(choice === 'all' ? {} : choice);
    // Queued ones first: the end of the run before them would begin them.
    const inOrder = meant.toSorted((a, b) => Number(b.state === 'queued') - Number(a.state === 'queued'));
    for (let from = 0; from < inOrder.length; from += STOPPED_AT_ONCE)
      await Promise.all(
        inOrder.slice(from, from + STOPPED_AT_ONCE).map((run) => this.#stopOne(run, sentence)),
      );
    return inOrder.map(({ id }) => id);
  }

  async maintenance(): Promise<Maintenance | undefined> {
    await this.#look();
    return this.#known;
  }

  /** Refuses new turns from now on: here at once, in every other process within two seconds. */
  async refuse(maintenance: Omit<Maintenance, 'sinceMs'>): Promise<Maintenance> {
    const begun = { ...maintenance, sinceMs: Math.round(this.#options.now()) };
    await this.#options.store.setMaintenance(begun);
    this.#keep(begun);
    return begun;
  }

  async allow(): Promise<void> {
    await this.#options.store.setMaintenance(undefined);
    this.#keep(undefined);
  }

  /**
   * Throws MAINTENANCE while new turns are refused. Reads the store at most once a second, and never while no turn
   * comes. If the store does not answer, the last known state counts, and the turn will meet the outage itself.
   */
  async assertOpen(): Promise<void> {
    if (this.#clock() - this.#knownAt > LOOK_EVERY_MS) {
      this.#looking ??= this.#look().finally(() => (this.#looking = undefined));
      await Promise.race([this.#looking.catch(() => undefined), Bun.sleep(LOOK_WITHIN_MS)]);
    }
    if (!this.#known) return;
    const { sentence, retryAfterSeconds } = this.#known;
    throw new AppError('MAINTENANCE', sentence, { headers: { 'retry-after': String(retryAfterSeconds) } });
  }

  async #look(): Promise<void> {
    const askedAt = this.#clock();
    const found = await this.#options.store.maintenance();
    // A state set here meanwhile is newer.
    if (askedAt >= this.#knownAt) this.#keep(found, askedAt);
  }

  #keep(maintenance: Maintenance | undefined, at = this.#clock()): void {
    this.#known = maintenance;
    this.#knownAt = at;
  }

  async #all(filter: RunFilter): Promise<ActiveRun[]> {
    const found: ActiveRun[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.#options.store.activeRuns(filter, SESSIONS_A_PAGE, cursor);
      found.push(...page.runs);
      cursor = page.next;
    } while (cursor !== undefined);
    return found;
  }

  async #stopOne({ id, state }: Pick<ActiveRun, 'id' | 'state'>, sentence: string): Promise<void> {
    const { runs, store } = this.#options;
    if (state === 'queued' && (await runs.cancelQueued(id))) return;
    // Stored before the stop request, because the process that reads the request then reads the sentence.
    await store.keepStopSentence(id, sentence);
    await runs.requestCancel(id);
  }
}
