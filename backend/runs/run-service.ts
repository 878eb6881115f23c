import type { BaseAgent } from '@google/adk';
import { AppError } from '../errors/app-error.ts';
import { newInvocationId } from '../events/ids.ts';
import type { CompositeSessionKey } from '../sessions/session-store.ts';
import { traceHeaders } from '../observability/trace-context.ts';
import { checkMessage, isAnswer } from '../turn/check-message.ts';
import { invocationToResume, unknownCallIds } from '../turn/invocation-to-resume.ts';
import type { TurnRequest } from '../turn/turn-request.ts';
import { ActiveRuns } from './active-runs.ts';
import { traceRun } from './trace-run.ts';
import { runWorker, MOST_TAKEOVERS, type Assignment } from './run-worker.ts';
import { LiveRun } from './live-run.ts';
import { fromIndexAfter } from './frame-ids.ts';
import {
  hasEnded,
  type Attachment,
  type Run,
  type RunChoice,
  type RunService,
  type RunSummary,
} from './run.ts';
import { DEFAULT_RUN_LIMITS, type RunLimits, type RunServiceDeps } from './run-options.ts';
import { Housekeeping } from './housekeeping.ts';
import type { BegunRun, Lease, NewRun, RunRecord } from './run-store.ts';
import { QueuedRun } from './queued-run.ts';
import { StoredRun } from './stored-run.ts';
import { Takeovers } from './takeovers.ts';

const LISTED_RUNS = 50;
/** How long a cancel waits for the run's end before it returns the current state. */
const CANCEL_WAIT_MS = 5_000;
/** Retries if the session was busy when the turn began, and free when the message was queued. */
const MOST_TRIES = 5;
/** A hand-over is announced this long before: a process that is idle looks every 5 s (FirestoreRunStore). */
const ANNOUNCED_MS = 7_000;
/** Time for a hand-over to be written before the process exits. */
const HAND_OVER_MS = 3_000;

/** Runs that outlive their connection and their process, in a store that several processes share. */
export function createRunService(deps: RunServiceDeps): RunService {
  return new DurableRunService(deps);
}

class DurableRunService implements RunService {
  readonly #deps: RunServiceDeps;
  readonly #limits: RunLimits;
  /** Identifies this process in leases; a restarted process has another id. */
  readonly #owner: string;
  readonly #active = new ActiveRuns<LiveRun>();
  /** Runs accepted by this process and not begun yet, by id. */
  readonly #queued = new Map<string, QueuedRun>();
  readonly #takeovers: Takeovers;
  readonly #housekeeping: Housekeeping;
  #isDraining = false;

  constructor(deps: RunServiceDeps) {
    this.#deps = deps;
    this.#limits = { ...DEFAULT_RUN_LIMITS, ...deps.limits };
    this.#owner = deps.newId();
    this.#takeovers = new Takeovers({
      store: deps.runs,
      leaseMs: this.#limits.leaseMs,
      lookEveryMs: this.#limits.takeOverEveryMs,
      holdMs: this.#limits.holdMs,
      beforeLease: () => this.#housekeeping.beforeLease(),
      owner: this.#owner,
      log: deps.log,
      active: this.#active,
      resume: (run, lease) => this.#resume(run, lease),
    });
    this.#housekeeping = new Housekeeping({
      store: deps.runs,
      limits: this.#limits,
      owner: this.#owner,
      log: deps.log,
      now: deps.now,
      active: this.#active,
      takeovers: this.#takeovers,
      budgets: deps.budgets,
    });
  }

  get activeCount(): number {
    return this.#active.size;
  }

  async start(request: TurnRequest, admitted?: Promise<unknown>): Promise<Run> {
    if (this.#isDraining) throw new AppError('DRAINING');
    const { agents, now, newId } = this.#deps;
    const agent = agents.agents.get(request.appName);
    if (!agent) throw new AppError('APP_NOT_FOUND', `Agent not found: ${request.appName}`);
    checkMessage(request.newMessage);
    const { appName, userId, sessionId } = request;
    const session = { appName, userId, sessionId };
    const allowed = Promise.all([admitted, this.#deps.budgets?.assertLeft(session)]);
    // The store waits for it, if the run comes so far.
    allowed.catch(() => undefined);
    const traced = { ...request, ...traceHeaders() };
    const asked: NewRun = {
      id: newId(),
      session,
      invocationId: await this.#invocationOf(request),
      owner: this.#owner,
      startedMs: now(),
      request: traced,
    };
    for (let tries = 1; ; tries++) {
      const begun = await this.#beginOrQueue(asked, allowed);
      if (begun instanceof QueuedRun) return begun;
      const run = await this.#carry(begun, traced, agent.rootAgent);
      try {
        await begun.stored?.();
        return run;
      } catch (error) {
        run.stop('lease-lost');
        // Another process was faster: its turn is under way, or over.
        const code = error instanceof AppError ? error.code : undefined;
        if ((code !== 'SESSION_BUSY' && code !== 'SESSION_CHANGED') || tries >= MOST_TRIES) throw error;
      }
    }
  }

  /** Begins to execute a run that may not be stored yet: until it is, nothing is shown or done. */
  async #carry({ run, lease }: BegunRun, request: TurnRequest, rootAgent: BaseAgent): Promise<LiveRun> {
    const { sessions, runs } = this.#deps;
    const { session } = run;
    const fail = () => runs.end(lease, 'failed', []).catch(() => this.#takeovers.abandon(lease));
    const loaded = await sessions.getBegunSession(session).catch(async (error: unknown) => {
      await fail();
      throw error;
    });
    if (!loaded) {
      await fail();
      throw new AppError('SESSION_NOT_FOUND', `Session not found: ${session.sessionId}`);
    }
    sessions.bindLease(loaded, lease.token);
    return this.#startWorker(run, lease, request, { session: loaded, rootAgent });
  }

  async attach(choice: RunChoice, lastEventId?: string): Promise<Attachment> {
    const record = await this.#find(choice);
    const live = this.#active.get(record.id);
    const run = live ?? this.#queued.get(record.id) ?? new StoredRun(this.#deps.runs, record, this.#active);
    if (lastEventId === undefined || lastEventId === '') return { run, fromIndex: 0 };
    // From the store: a process that was paused may still hold a run that another process has continued.
    const count = await this.#deps.runs.frameCount(record.id);
    return { run, fromIndex: fromIndexAfter(lastEventId, record.id, count, choice.runId === 'running') };
  }

  async cancel(choice: RunChoice): Promise<RunSummary> {
    const record = await this.#find(choice);
    const live = this.#active.get(record.id);
    if (record.state === 'queued' && (await this.#deps.runs.cancelQueued(record.id))) {
      // It has not begun, so there is nothing to stop.
    } else if (live) {
      live.stop('cancelled');
      await Promise.race([live.ended, Bun.sleep(CANCEL_WAIT_MS)]);
    } else if (!hasEnded(record.state)) {
      await this.#deps.runs.requestCancel(record.id);
      await this.#endOf(record.id);
    }
    return toSummary((await this.#deps.runs.get(record.id)) ?? record);
  }

  async list(session: CompositeSessionKey): Promise<RunSummary[]> {
    return (await this.#deps.runs.list(session, LISTED_RUNS)).map(toSummary);
  }

  async drain(withinMs: number): Promise<void> {
    this.#isDraining = true;
    this.#housekeeping.stopTakingOver();
    const announcedMs = Math.min(withinMs, ANNOUNCED_MS);
    await Promise.race([this.#allEnded(), Bun.sleep(withinMs - announcedMs)]);
    if (this.#active.size > 0) {
      this.#housekeeping.announceHandOver();
      await Promise.race([this.#allEnded(), Bun.sleep(announcedMs)]);
    }
    for (const run of this.#active.values()) run.stop('hand-over');
    await Promise.race([this.#allEnded(), Bun.sleep(HAND_OVER_MS)]);
    await Promise.race([this.#housekeeping.stop(), Bun.sleep(HAND_OVER_MS)]);
    const shared = this.#deps.budgets?.share().catch(() => undefined);
    await Promise.race([shared, Bun.sleep(HAND_OVER_MS)]);
    for (const run of this.#queued.values()) run.leave();
  }

  /** If a run is blocking the session, handles the message as its request says. */
  async #beginOrQueue(run: NewRun, allowed: Promise<unknown>): Promise<BegunRun | QueuedRun> {
    const { runs } = this.#deps;
    const { whenBusy = 'refuse', newMessage } = run.request;
    // A turn stores its message before anything else.
    const isFollowed = (newMessage?.parts?.length ?? 0) > 0;
    for (let tries = 1; ; tries++) {
      try {
        await this.#housekeeping.beforeLease();
        return await runs.begin(run, { leaseMs: this.#limits.leaseMs, isFollowed, allowed });
      } catch (error) {
        const isBusy = error instanceof AppError && error.code === 'SESSION_BUSY';
        if (!isBusy || whenBusy === 'refuse' || tries > MOST_TRIES) throw error;
      }
      const queued = await runs.enqueue(run, whenBusy === 'interrupt');
      if (!queued) continue;
      if (whenBusy === 'interrupt')
        // The request is already in the store; runs of this process need not wait for the next poll.
        for (const live of this.#active.values())
          if (isSameSession(live.record.session, run.session)) live.stop('cancelled');
      return this.#wait(queued);
    }
  }

  #wait(record: RunRecord): QueuedRun {
    const queued = new QueuedRun(this.#deps.runs, record);
    this.#queued.set(queued.id, queued);
    void queued.started.then(() => this.#queued.delete(queued.id));
    return queued;
  }

  async #allEnded(): Promise<void> {
    await Promise.all([...this.#active.values()].map((run) => run.ended));
  }

  /** A message that answers function calls continues their invocation. */
  async #invocationOf({ newMessage, invocationId, ...request }: TurnRequest): Promise<string> {
    if (isAnswer(newMessage)) {
      const events = (await this.#deps.sessions.getSession(request))?.events;
      const unknown = unknownCallIds(events ?? [], newMessage);
      if (events && unknown.length > 0) {
        const detail = `There is no function call in this session with the id ${unknown.join(', ')}.`;
        throw new AppError('BAD_REQUEST', detail);
      }
      const resumed = invocationToResume(events ?? [], newMessage);
      if (resumed) return resumed;
    }
    return invocationId ?? newInvocationId();
  }

  #startWorker(
    record: RunRecord,
    lease: Lease,
    request: TurnRequest,
    assignment: Omit<Assignment, 'run'>,
  ): LiveRun {
    const { runTokens, unheardTokens } = this.#limits;
    const firstIndex = (assignment.earlierFrames?.at(-1)?.index ?? -1) + 1;
    const { budgets } = this.#deps;
    const spend = budgets && ((usd: number) => budgets.spend(record.session, usd));
    const options = { firstIndex, runTokens, unheardTokens, ...(spend ? { spend } : {}) };
    const run = new LiveRun(this.#deps.runs, record, lease, request, options);
    // Another process had taken it over meanwhile. Nobody renews the old lease, so nobody would notice that it is lost.
    this.#active.get(run.id)?.stop('lease-lost');
    this.#active.set(run.id, run);
    this.#queued.get(run.id)?.begin(run);
    const { protection } = this.#deps;
    protection?.runStarted(record.startedMs);
    const beganMs = performance.now();
    const working = traceRun(run, () => runWorker(this.#deps, this.#limits, { ...assignment, run }));
    void working.then((isLeaseLeft) => {
      if (isLeaseLeft) this.#takeovers.abandon(lease);
      // A run that returned to this process after its lease had expired is another object.
      if (this.#active.get(run.id) === run) this.#active.delete(run.id);
      protection?.runEnded(record.startedMs);
      this.#deps.onRunLeft?.(run, { hasEnded: run.hasEndedHere, ms: performance.now() - beganMs });
      if (run.next && !this.#isDraining) this.#takeovers.begin(run.next);
    });
    return run;
  }

  /** Continues a run whose process is gone. Throws if its stored data cannot be read. */
  async #resume(record: RunRecord, lease: Lease): Promise<void> {
    const { sessions, runs, agents, log } = this.#deps;
    const [session, stored] = await Promise.all([
      sessions.getSession(record.session),
      runs.frames(record.id, 0),
    ]).catch(async (error: unknown) => {
      if (record.takeovers <= MOST_TAKEOVERS) throw error;
      log.error('A run could not be read; it is ended', { runId: record.id, error });
      this.#deps.onLostTurn?.();
      return [];
    });
    // This process is shutting down and would not hand over a run that it takes over now.
    if (this.#isDraining) throw new AppError('DRAINING');
    if (!session || !stored) {
      await runs.end(lease, 'interrupted', []);
      return;
    }
    sessions.bindLease(session, lease.token);
    const { takeovers } = record;
    if (takeovers > 0)
      log.warn('Taking over a run', { runId: record.id, takeovers, frames: stored.frames.length });
    const rootAgent = agents.agents.get(record.session.appName)?.rootAgent;
    const request = record.request ?? { ...record.session, streaming: true };
    // A run from the queue has nothing to continue from.
    const earlier = takeovers > 0 ? { earlierFrames: stored.frames } : {};
    const isSpent = await this.#deps.budgets?.isReached(record.session);
    const run = this.#startWorker(record, lease, request, { session, rootAgent, ...earlier });
    if (isSpent) run.stop('money-spent');
  }

  async #find({ session, runId }: RunChoice): Promise<RunRecord> {
    const { runs } = this.#deps;
    const record = runId === 'running' ? await runs.running(session) : await runs.get(runId);
    if (!record || !isSameSession(record.session, session)) {
      throw new AppError(
        'RUN_NOT_FOUND',
        runId === 'running' ? 'No run of this session is under way.' : `Run not found: ${runId}`,
      );
    }
    return record;
  }

  async #endOf(runId: string): Promise<void> {
    const giveUpAt = performance.now() + CANCEL_WAIT_MS;
    while (performance.now() < giveUpAt) {
      const run = await this.#deps.runs.get(runId);
      if (!run || hasEnded(run.state)) return;
      await Bun.sleep(this.#deps.runs.pacing.lookEveryMs);
    }
  }
}

const isSameSession = (a: CompositeSessionKey, b: CompositeSessionKey): boolean =>
  a.appName === b.appName && a.userId === b.userId && a.sessionId === b.sessionId;

function toSummary({ id, invocationId, state, startedMs, endedMs, request, usage }: RunRecord): RunSummary {
  const newMessage = state === 'queued' ? request?.newMessage : undefined;
  const rest = {
    ...(endedMs === undefined ? {} : { endedMs }),
    ...(newMessage ? { newMessage } : {}),
    ...(usage ? { usage } : {}),
  };
  return { id, invocationId, state, startedMs, ...rest };
}
