import type { BaseMemoryService, BasePlugin, Session, SessionArtifactService } from '@google/adk';
import { createEvent } from '@google/adk';
import type { AgentRegistry, LoadedAgent } from '../agents/agent-registry.ts';
import { AppError } from '../errors/app-error.ts';
import { newInvocationId } from '../events/ids.ts';
import type { Logger } from '../observability/logger.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import { closingEvents } from '../turn/close-turn.ts';
import { invocationToResume, unknownCallIds } from '../turn/invocation-to-resume.ts';
import { nodePathOf } from '../turn/node-path.ts';
import { OpenAnswers } from '../turn/open-answers.ts';
import { runTurn } from '../turn/turn.ts';
import type { TurnRequest } from '../turn/turn-request.ts';
import { LiveRun } from './live-run.ts';
import type { Run, RunService } from './run.ts';
import { toTurnFailure, type TurnFailure } from '../turn/turn-failure.ts';

export interface RunServiceParts {
  agents: AgentRegistry;
  sessions: SessionStore;
  log: Logger;
  now: () => number;
  newId: () => string;
  /** Longest that a run may take. */
  longestRunMs?: number;
  maxLlmCalls?: number;
  /** Given to every turn; what they offer (environment status) agents find by the plugin's name. */
  plugins?: BasePlugin[];
  /** The artifacts of one session. */
  artifactsOf?: (session: Session) => SessionArtifactService;
  memory?: BaseMemoryService;
}

const LONGEST_RUN_MS = 15 * 60_000;
/** ADK's own default. */
const MAX_LLM_CALLS = 500;
const TOO_LONG = 'The run took longer than runs may take here.';

/** Runs held by this process alone: they end with it. */
export function createRunService(parts: RunServiceParts): RunService {
  return new LocalRunService(parts);
}

class LocalRunService implements RunService {
  readonly #parts: RunServiceParts;
  readonly #active = new Map<string, LiveRun>();
  #isDraining = false;

  constructor(parts: RunServiceParts) {
    this.#parts = parts;
  }

  get activeCount(): number {
    return this.#active.size;
  }

  async start(request: TurnRequest): Promise<Run> {
    if (this.#isDraining) throw new AppError('DRAINING');
    const agent = this.#parts.agents.agents.get(request.appName);
    if (!agent) throw new AppError('APP_NOT_FOUND', `Agent not found: ${request.appName}`);
    const session = await this.#parts.sessions.getSession(request);
    if (!session) throw new AppError('SESSION_NOT_FOUND', `Session not found: ${request.sessionId}`);
    const unknown = unknownCallIds(session.events, request.newMessage);
    if (unknown.length > 0) {
      throw new AppError(
        'BAD_REQUEST',
        `There is no function call in this session with the id ${unknown.join(', ')}.`,
      );
    }
    const key = JSON.stringify([request.appName, request.userId, request.sessionId]);
    const running = this.#active.get(key);
    if (running)
      throw new AppError('SESSION_BUSY', `This session has a run under way: ${running.id}`, {
        headers: { 'retry-after': '5' },
      });
    const invocationId =
      invocationToResume(session.events, request.newMessage) ?? request.invocationId ?? newInvocationId();
    const run = new LiveRun(this.#parts.newId(), invocationId, request);
    this.#active.set(key, run);
    void this.#carry(run, session, agent).finally(() => this.#active.delete(key));
    return run;
  }

  async drain(withinMs: number): Promise<void> {
    this.#isDraining = true;
    const all = Promise.all([...this.#active.values()].map((run) => run.ended));
    await Promise.race([all, Bun.sleep(withinMs)]);
  }

  /** Never rejects: whatever happens becomes frames, a state and a log line. */
  async #carry(run: LiveRun, session: Session, agent: LoadedAgent): Promise<void> {
    const { now, log } = this.#parts;
    const startedAt = now();
    const timer = setTimeout(() => run.abort.abort(TOO_LONG), this.#parts.longestRunMs ?? LONGEST_RUN_MS);
    const answers = new OpenAnswers();
    let failure: TurnFailure | undefined;
    const { signal } = run.abort;
    try {
      failure = await this.#turn(run, session, agent, answers);
      if (signal.aborted) await this.#close(run, session, agent, answers);
    } catch (error) {
      failure = toTurnFailure(error);
      log.error('A turn failed', {
        runId: run.id,
        errorCode: failure.errorCode,
        ...(failure.isBug ? { error } : {}),
      });
      await this.#storeFailure(run, session, agent, failure, answers);
    }
    clearTimeout(timer);
    if (failure) {
      const { errorCode, isBug, cause } = failure;
      log[isBug ? 'error' : 'warn']('A turn failed', { runId: run.id, errorCode, error: cause });
      run.addError(failure, now());
    }
    run.end(failure ? 'failed' : signal.aborted ? 'interrupted' : 'completed');
    log.info('run end', { runId: run.id, state: run.state, durationMs: Math.round(now() - startedAt) });
  }

  #turn(
    run: LiveRun,
    session: Session,
    agent: LoadedAgent,
    answers: OpenAnswers,
  ): Promise<TurnFailure | undefined> {
    const { sessions, plugins, memory, artifactsOf, maxLlmCalls } = this.#parts;
    return runTurn({
      rootAgent: agent.rootAgent,
      session,
      sessions,
      request: run.request,
      invocationId: run.invocationId,
      answers,
      signal: run.abort.signal,
      emit: (event) => run.addEvent(event),
      maxLlmCalls: maxLlmCalls ?? MAX_LLM_CALLS,
      plugins,
      artifacts: artifactsOf?.(session),
      memory,
    });
  }

  async #close(
    run: LiveRun,
    session: Session,
    { rootAgent }: LoadedAgent,
    answers: OpenAnswers,
  ): Promise<void> {
    const { sessions, now } = this.#parts;
    const { invocationId } = run;
    const sentence = 'The call was interrupted before it answered.';
    for (const event of closingEvents({ rootAgent, session, invocationId, answers, sentence, now: now() })) {
      await sessions.appendEvent({ session, event });
      run.addEvent(event);
    }
  }

  /** An event that says the turn failed, after whatever closes it; where even that can't be stored, it is only shown. */
  async #storeFailure(
    run: LiveRun,
    session: Session,
    agent: LoadedAgent,
    { errorCode, errorMessage }: TurnFailure,
    answers: OpenAnswers,
  ): Promise<void> {
    const { rootAgent } = agent;
    const { sessions, now, log } = this.#parts;
    const event = createEvent({
      invocationId: run.invocationId,
      author: rootAgent.name,
      timestamp: now(),
      errorCode,
      errorMessage,
    });
    event.id = this.#parts.newId();
    event.longRunningToolIds = undefined;
    event.nodeInfo = { path: nodePathOf(rootAgent, rootAgent.name) };
    try {
      await this.#close(run, session, agent, answers);
      await sessions.appendEvent({ session, event });
    } catch (error) {
      log.error('A failed turn could not be closed in the store', { runId: run.id, error });
    }
    run.addEvent(event);
  }
}
