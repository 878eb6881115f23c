import { storedObject } from '../errors/stored-json.ts';
import type { BaseAgent, Event, Session } from '@google/adk';
import type { TurnRequest } from '../turn/turn-request.ts';
import { AppError } from '../errors/app-error.ts';
import { serviceEvent } from '../events/service-event.ts';
import { fromWire } from '../events/wire.ts';
import { wasAppended } from '../sessions/add-stored.ts';
import { abortableSleep } from '../model/with-retries.ts';
import { closingEvents } from '../turn/close-turn.ts';
import { nodePathOf } from '../turn/node-path.ts';
import { OpenAnswers } from '../turn/open-answers.ts';
import { isOvertaken, planRepair, turnStateOf } from '../turn/repair.ts';
import { runTurn } from '../turn/turn.ts';
import { failureToldBy, toTurnFailure, type TurnFailure } from '../turn/turn-failure.ts';
import type { LiveRun, StopReason } from './live-run.ts';
import type { Frame } from './run.ts';
import type { RunLimits, RunServiceDeps } from './run-options.ts';
import { limitTime } from './limit-time.ts';

/** After more takeovers than this, the turn itself is taken to be what kills its processes. */
export const MOST_TAKEOVERS = 30;
/** Time for a stopped turn to end by itself: a tool may ignore its signal. */
const GRACE_MS = 500;
const NO_ANSWER = 'The call was interrupted; whether it took effect is not known.';
const COULD_NOT_GO_ON = 'The turn was interrupted and could not be continued. Please ask again.';

/** How a run ends that is stopped before its agent has finished. People read the sentence. */
type Ending = { state: 'cancelled' | 'interrupted'; sentence?: string; code?: string | undefined };

const because = (why: string, code?: string): Ending => ({
  state: 'interrupted',
  code,
  sentence: `The turn was ended because ${why}.`,
});

const ENDINGS: { [reason in StopReason]?: Ending } = {
  cancelled: { state: 'cancelled' },
  'too-long': because('it took longer than turns may take here'),
  silent: because('it had produced nothing for too long'),
  'over-budget': because('it had used all tokens that one turn may use'),
  'money-spent': because('a budget for today is spent; the next day begins at 00:00 UTC', 'BUDGET_REACHED'),
  unheard: because('nobody was listening, and it had used all tokens allowed in that case'),
};

export interface Assignment {
  run: LiveRun;
  session: Session;
  /** Undefined if this process does not have the agent. */
  rootAgent: BaseAgent | undefined;
  /** All frames so far, for a run that another process began; undefined for a new one. */
  earlierFrames?: readonly Frame[];
}

/**
 * Executes a run to its end, or until another process continues it. Never rejects: failures become events and frames.
 * Returns whether this process may still hold the lease, because the store did not accept the end.
 */
export async function runWorker(
  deps: RunServiceDeps,
  limits: RunLimits,
  assignment: Assignment,
): Promise<boolean> {
  const { run } = assignment;
  const { log, now } = deps;
  let isLeaseLeft = false;
  const endLimits = limitTime(run, limits, now());
  try {
    const state = await new RunWorker(deps, limits, assignment).work();
    if (state === 'moved') await run.leave();
    else await run.end(state);
  } catch (error) {
    // The store refused to begin the run, so this process never had its lease.
    if (isLost(error) || run.stopReason === 'lease-lost') await run.leave();
    else {
      isLeaseLeft = true;
      log.error('A run could not be closed in the store; another process closes it', {
        runId: run.id,
        error,
      });
      // The process that closes it reports its end once the store works again. Nobody is kept waiting until then.
      await run.leave(error instanceof AppError ? error : new AppError('STORE_UNAVAILABLE'));
    }
  } finally {
    endLimits();
  }
  log.info('run end', {
    runId: run.id,
    state: run.state,
    durationMs: Math.round(now() - run.record.startedMs),
  });
  return isLeaseLeft;
}

const isLost = (error: unknown): boolean => error instanceof AppError && error.code === 'LEASE_LOST';
/** An outage: the holder of the lease stores the data once the store is back, so nothing that was shown is lost. */
const isForLater = (error: unknown): boolean =>
  isLost(error) || (error instanceof AppError && error.code === 'STORE_UNAVAILABLE');

const endOf = (errorCode: unknown): 'failed' | 'interrupted' =>
  errorCode === 'TURN_INTERRUPTED' || errorCode === 'SESSION_CHANGED' ? 'interrupted' : 'failed';

/** The end of a turn that has nothing left to do. A process may have died after it stored its error frame. */
function endTold(frames: readonly Frame[] = []): 'completed' | 'failed' | 'interrupted' {
  if (frames.at(-1)?.kind !== 'error') return 'completed';
  const { json = '{}' } = frames.findLast(({ kind }) => kind === 'event') ?? {};
  return endOf(storedObject(json, 'the frame of a failure')['errorCode']);
}

class RunWorker {
  readonly #deps: RunServiceDeps;
  readonly #limits: RunLimits;
  readonly #run: LiveRun;
  readonly #session: Session;
  readonly #rootAgent: BaseAgent | undefined;
  readonly #earlierFrames: readonly Frame[] | undefined;
  /** Events of the invocation that were read with the session. */
  readonly #read: ReadonlySet<Event>;
  #answers = new OpenAnswers();

  constructor(deps: RunServiceDeps, limits: RunLimits, assignment: Assignment) {
    this.#deps = deps;
    this.#limits = limits;
    this.#run = assignment.run;
    this.#session = assignment.session;
    this.#rootAgent = assignment.rootAgent;
    this.#earlierFrames = assignment.earlierFrames;
    this.#read = new Set(this.#session.events.filter((event) => this.#isOurs(event)));
  }

  /** The end state, or 'moved' if another process continues. Throws if the store refuses. */
  async work(): Promise<'completed' | 'failed' | 'cancelled' | 'interrupted' | 'moved'> {
    const run = this.#run;
    let failure: TurnFailure | undefined;
    try {
      failure = this.#earlierFrames ? await this.#goOn(this.#earlierFrames) : await this.#turn(run.request);
    } catch (error) {
      if (isLost(error)) throw error;
      if (isForLater(error) && !(await this.#isMessageStored())) throw error;
      if (!run.signal.aborted) return this.#fail(toTurnFailure(error), true);
      this.#deps.log.warn('A stopped turn ended with an error', { runId: run.id, error });
    }
    if (run.stopReason)
      return this.#stopped(run.stopReason).catch((error: unknown) => {
        const refused = toTurnFailure(error);
        if (refused.errorCode !== 'SESSION_CHANGED') throw error;
        return this.#fail(refused, false);
      });
    return failure ? this.#fail(failure, false) : endTold(this.#earlierFrames);
  }

  async #turn(
    request: TurnRequest,
    resumed?: { toRepeat: Event | undefined },
  ): Promise<TurnFailure | undefined> {
    const { sessions, plugins, memory, artifactsOf } = this.#deps;
    if (!this.#rootAgent) throw new AppError('APP_NOT_FOUND');
    const run = this.#run;
    const turn = runTurn({
      rootAgent: this.#rootAgent,
      session: this.#session,
      sessions,
      request,
      invocationId: run.invocationId,
      answers: this.#answers,
      signal: run.signal,
      emit: (event) => run.addEvent(event),
      maxLlmCalls: this.#limits.maxLlmCalls,
      resumed,
      plugins,
      artifacts: artifactsOf?.(this.#session),
      memory,
    });
    const stopped = Promise.withResolvers<undefined>();
    const onAbort = (): void => void abortableSleep(GRACE_MS).then(() => stopped.resolve(undefined));
    run.signal.addEventListener('abort', onAbort, { once: true });
    return Promise.race([turn, stopped.promise]).finally(() => {
      run.signal.removeEventListener('abort', onAbort);
      // The result of a tool whose turn was stopped is ignored.
      turn.catch(() => undefined);
    });
  }

  /** Continues a turn where its process left it. */
  async #goOn(frames: readonly Frame[]): Promise<TurnFailure | undefined> {
    const run = this.#run;
    const { record, invocationId } = run;
    const rootAgent = this.#rootAgent;
    const shown = frames
      .filter(({ kind }) => kind === 'event')
      .map(({ json }) => fromWire(storedObject(json, `a frame of run ${record.id}`)));
    run.recall(shown);
    if (!rootAgent || record.takeovers > MOST_TAKEOVERS) {
      this.#recall(shown);
      throw new AppError('TURN_INTERRUPTED', COULD_NOT_GO_ON);
    }
    const repair = planRepair({
      rootAgent,
      session: this.#session,
      invocationId,
      begunAfterMs: record.begunAfterMs,
      shown,
    });
    this.#answers = repair.answers;
    for (const event of repair.unseen) run.addEvent(event);
    if (record.isCancelRequested) run.stop('cancelled');
    if (run.signal.aborted) return undefined;
    if (repair.isUnbegun && run.request.newMessage) return this.#turn(run.request);
    await this.#close(rootAgent, repair.toRepeat);
    this.#answers = new OpenAnswers();
    if (frames.at(-1)?.kind === 'error') return undefined;
    const last = this.#session.events.findLast((event) => event.invocationId === invocationId);
    const state = turnStateOf(last);
    if (state === 'over') return undefined;
    if (last && state === 'failed') return failureToldBy(last);
    this.#assertNotOvertaken();
    return this.#turn(run.request, { toRepeat: repair.toRepeat });
  }

  #recall(shown: readonly Event[]): void {
    for (const event of shown) this.#answers.recall(event);
  }

  async #stopped(reason: StopReason): Promise<'cancelled' | 'interrupted' | 'failed' | 'moved'> {
    const ending = ENDINGS[reason];
    if (reason === 'hand-over') {
      await this.#run.flush();
      await this.#deps.runs.handOver(this.#run.lease);
    }
    if (reason === 'store-failed') {
      if (!(await this.#isMessageStored())) throw new AppError('STORE_UNAVAILABLE');
      // The store may be back by now, or soon: the shown text belongs into the session.
      await this.#close(this.#rootAgent).catch((error: unknown) => {
        if (isForLater(error)) throw error;
        this.#deps.log.error('What was shown of a turn could not be stored', { runId: this.#run.id, error });
      });
      this.#run.addError(toTurnFailure(new AppError('STORE_UNAVAILABLE')), this.#deps.now());
      return 'failed';
    }
    if (!ending) return 'moved';
    await this.#close(this.#rootAgent);
    const byOperator = reason === 'cancelled' ? await this.#stopSentence() : undefined;
    const { code = byOperator ? 'STOPPED_BY_OPERATOR' : 'INTERRUPTED', sentence = byOperator } = ending;
    if (sentence) await this.#store(this.#failureEvent(code, sentence));
    return ending.state;
  }

  /** If the store does not answer, only the sentence is missing; the run still ends. */
  async #stopSentence(): Promise<string | undefined> {
    const { stopSentence, log } = this.#deps;
    return stopSentence?.(this.#run.id).catch((error: unknown) => {
      log.warn('Why a run was stopped could not be read', { runId: this.#run.id, error });
      return undefined;
    });
  }

  /**
   * Whether the session has the turn's message, as far as this process knows. If not, the turn begins again once the
   * store is back.
   */
  async #isMessageStored(): Promise<boolean> {
    const { record, request, invocationId } = this.#run;
    if (!request.newMessage) return true;
    await this.#answers.settled();
    return this.#session.events.some(
      (event) => event.invocationId === invocationId && event.timestamp > record.begunAfterMs,
    );
  }

  /** Ends the turn with an event that says why; if the store will never accept that, it is only shown. */
  async #fail(failure: TurnFailure, isStoreNeeded: boolean): Promise<'failed' | 'interrupted'> {
    const { log, now } = this.#deps;
    const { errorCode, errorMessage, isBug, cause } = failure;
    log[isBug ? 'error' : 'warn']('A turn failed', { runId: this.#run.id, errorCode, error: cause });
    // The session belongs to another writer, which may be in the middle of a turn: only tell the listeners.
    const hasLostSession = errorCode === 'SESSION_CHANGED';
    if (hasLostSession) this.#run.addEvent(this.#failureEvent(errorCode, errorMessage));
    else if (isStoreNeeded) {
      const event = this.#failureEvent(errorCode, errorMessage);
      try {
        await this.#close(this.#rootAgent);
        await this.#store(event);
      } catch (error) {
        if (isForLater(error)) throw error;
        log.error('A failed turn could not be closed in the store', { runId: this.#run.id, error });
        this.#run.addEvent(event);
      }
    }
    this.#run.addError(failure, now());
    if (errorCode === 'TURN_INTERRUPTED') this.#deps.onLostTurn?.();
    return endOf(errorCode);
  }

  async #close(rootAgent: BaseAgent | undefined, toRepeat?: Event): Promise<void> {
    const { invocationId } = this.#run;
    // An event that is still being stored, or may have been, would be stored twice.
    await this.#answers.settled();
    for (const event of await this.#deps.sessions.settleUnanswered(this.#session)) {
      this.#answers.recall(event);
      if (event.author !== 'user') this.#run.addEvent(event);
    }
    // ADK adds the result of a confirmed tool to the session before it yields it: it may never have been stored.
    this.#session.events = this.#session.events.filter(
      (event) => !this.#isOurs(event) || this.#read.has(event) || wasAppended(event),
    );
    const [session, answers, now] = [this.#session, this.#answers, this.#deps.now()];
    const ending = { rootAgent, session, invocationId, answers, sentence: NO_ANSWER, toRepeat, now };
    for (const event of closingEvents(ending)) await this.#store(event);
  }

  #isOurs({ invocationId }: Event): boolean {
    return invocationId === this.#run.invocationId;
  }

  async #store(event: Event): Promise<void> {
    this.#assertNotOvertaken();
    await this.#deps.sessions.appendEvent({ session: this.#session, event });
    this.#run.addEvent(event);
  }

  /** The store notices another writer by itself, unless this process has read the session since, to take the run over. */
  #assertNotOvertaken(): void {
    const { invocationId, record } = this.#run;
    if (isOvertaken(this.#session, invocationId, record.begunAfterMs)) throw new AppError('SESSION_CHANGED');
  }

  #failureEvent(errorCode: string, errorMessage: string): Event {
    const author = this.#rootAgent?.name ?? this.#run.record.session.appName;
    const { invocationId } = this.#run;
    const event = serviceEvent({
      invocationId,
      author,
      errorCode,
      errorMessage,
      timestamp: this.#deps.now(),
    });
    event.nodeInfo = { path: nodePathOf(this.#rootAgent, author) };
    return event;
  }
}
