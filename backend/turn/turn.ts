import {
  createEvent,
  createEventActions,
  determineAgentForResumption,
  getFunctionCalls,
  InvocationContext,
  isCompactedEvent,
  StreamingMode,
  type BaseAgent,
  type BaseMemoryService,
  type BasePlugin,
  type Event,
  type LlmResponse,
  type Session,
  type SessionArtifactService,
} from '@google/adk';
import type { Content } from '@google/genai';
import { AppError } from '../errors/app-error.ts';
import { withoutInternalMetadata } from '../events/redact.ts';
import { divertPartials } from '../model/divert-partials.ts';
import { unparkCalls } from '../model/parked-calls.ts';
import { setTurnOutput } from '../peer/turn-output.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import { toAgentView } from './agent-view.ts';
import { repeatCalls } from './repeat-calls.ts';
import { seesPartials } from './sees-partials.ts';
import { toTurnFailure, type TurnFailure } from './turn-failure.ts';
import type { TurnRequest } from './turn-request.ts';
import { splitConfirmation } from './confirmation-events.ts';
import { GoOnPlugin } from './go-on-plugin.ts';
import { asksModelFirst, MessageUnderWay } from './message-under-way.ts';
import { ModelFailureRecorder } from './model-failure-recorder.ts';
import { nodePathOf } from './node-path.ts';
import { OutputKeys } from './output-key.ts';
import type { OpenAnswers } from './open-answers.ts';
import { RepeatedFailure } from './repeated-failure.ts';
import { replacedEvent, TurnPlugins } from './turn-plugins.ts';
import { keepValues, withoutResults } from './keep-values.ts';
import { PeerOutput } from './peer-output.ts';

export interface TurnParts {
  rootAgent: BaseAgent;
  /** Read for this turn alone: the turn changes it. */
  session: Session;
  sessions: SessionStore;
  request: TurnRequest;
  invocationId: string;
  /** What was shown so far; the caller keeps it when the turn ends in the middle. */
  answers: OpenAnswers;
  signal: AbortSignal;
  maxLlmCalls: number;
  /** Takes each event of the turn in Python ADK's form: partial ones as they come, whole ones once they are stored. */
  emit: (event: Event) => void;
  /** The turn was begun by another process: no message, the model goes on where it was interrupted. */
  resumed?: { toRepeat: Event | undefined };
  plugins?: BasePlugin[];
  artifacts?: SessionArtifactService;
  memory?: BaseMemoryService;
}

/**
 * One turn at ADK's exported seams, without its Runner: the person's message is stored, the agent runs, each whole event
 * is stored and then given to `emit`. Where the model is the first to hear of the turn, it is asked while the message is
 * still being stored. Resolves with the model's failure, if it failed. When the signal aborts, the turn
 * simply ends: what was shown is in `answers`.
 * Throws what the agent or its callbacks throw, and AppError where the store refuses.
 */
export async function runTurn(turn: TurnParts): Promise<TurnFailure | undefined> {
  const { session, sessions, signal, invocationId, request } = turn;
  const failures = new ModelFailureRecorder();
  const own = turn.resumed ? [new GoOnPlugin(), failures] : [failures];
  const pluginManager = new TurnPlugins([...(turn.plugins ?? []), ...own]);
  const customMetadata = withoutInternalMetadata(request.customMetadata ?? {});
  let message = turn.resumed ? undefined : asPerson(request.newMessage);
  session.events = toAgentView(session.events, message);
  const context = new InvocationContext({
    invocationId,
    agent: turn.rootAgent,
    session,
    sessionService: sessions,
    artifactService: turn.artifacts,
    memoryService: turn.memory,
    userContent: message,
    runConfig: {
      streamingMode: request.streaming ? StreamingMode.SSE : StreamingMode.NONE,
      maxLlmCalls: turn.maxLlmCalls,
      responseModalities: [],
    },
    pluginManager,
    abortSignal: signal,
  });

  function identify(event: Event): void {
    turn.answers.identify(event);
    if (customMetadata) event.customMetadata = { ...customMetadata, ...event.customMetadata };
  }
  async function store(event: Event): Promise<void> {
    // One writer at a time: another agent may be heard while ours runs.
    if (output.pending) await output.pending;
    await append(event);
  }
  async function append(event: Event): Promise<void> {
    identify(event);
    keepValues(event, session.state);
    // ADK dates an answer back to the call that it answers; Python dates it after its pieces.
    event.timestamp = Date.now();
    await turn.answers.endWith(event, keep(event));
  }
  async function keep(event: Event): Promise<void> {
    try {
      await sessions.appendEvent({ session, event });
    } catch (error) {
      const isRefused = error instanceof AppError && error.code === 'NOT_STORABLE';
      const refused = Object.keys(event.actions.stateDelta);
      if (!isRefused || !withoutResults(event, error.message)) throw error;
      await restoreState(refused);
      await sessions.appendEvent({ session, event });
    }
  }
  /** Tools have written these keys into the session in memory, where later steps would read them and stores add them up. */
  async function restoreState(keys: string[]): Promise<void> {
    const { appName, userId, id: sessionId } = session;
    if (keys.length === 0) return;
    const stored = await sessions.getSession({ appName, userId, sessionId, config: { numRecentEvents: 0 } });
    for (const key of keys) {
      if (stored && Object.hasOwn(stored.state, key)) session.state[key] = stored.state[key];
      else delete session.state[key];
    }
  }
  const repeatedFailure = new RepeatedFailure();
  const outputs = new OutputKeys(turn.rootAgent);
  const begun = new MessageUnderWay();
  function showPartial(event: Event): void {
    if (signal.aborted || begun.isRefused) return;
    identify(event);
    turn.emit(event);
  }

  const output = new PeerOutput({
    invocationId,
    message,
    metadata: customMetadata,
    showPartial: (event) => showPartial(toPythonForm(turn, event)),
    say: async (event) => {
      await append(toPythonForm(turn, event));
      turn.emit(event);
    },
  });
  setTurnOutput(signal, output);

  const isDiverted = !seesPartials(turn.rootAgent, turn.plugins ?? []);
  if (isDiverted) {
    const toEvent = partialEvents(turn);
    divertPartials(signal, (piece, agentName) =>
      begun.afterwards(() => showPartial(toEvent(piece, agentName))),
    );
  }

  if (message) {
    message =
      (await pluginManager.runOnUserMessageCallback({ userMessage: message, invocationContext: context })) ??
      message;
    const actions = createEventActions(request.stateDelta ? { stateDelta: request.stateDelta } : {});
    const event = toPythonForm(
      turn,
      createEvent({ invocationId, author: 'user', content: message, actions }),
    );
    if (isDiverted && !request.stateDelta && asksModelFirst(turn.rootAgent)) {
      session.events.push(event);
      begun.follow(store(event));
    } else await store(event);
  }
  // It looks through the events; where there is one agent alone, it is that one.
  const agent =
    turn.rootAgent.subAgents.length > 0
      ? determineAgentForResumption(session, turn.rootAgent)
      : turn.rootAgent;
  context.agent = agent;
  const early = await pluginManager.runBeforeRunCallback({ invocationContext: context });
  if (early) {
    await begun.stored();
    const event = toPythonForm(turn, createEvent({ invocationId, author: 'model', content: early }));
    await store(event);
    turn.emit(event);
    return undefined;
  }
  if (turn.resumed?.toRepeat) {
    const answer = await repeatCalls(context, turn.resumed.toRepeat);
    if (answer && !signal.aborted) {
      await store(toPythonForm(turn, answer));
      turn.emit(answer);
    }
  }
  try {
    agent: for await (const raw of agent.runAsync(context)) {
      await begun.stored();
      if (signal.aborted) return undefined;
      const changed = await pluginManager.runOnEventCallback({ invocationContext: context, event: raw });
      const said = changed ? replacedEvent(raw, changed) : raw;
      for (const event of splitConfirmation(said, session.events, pluginManager)) {
        toPythonForm(turn, event);
        if (event.partial) {
          showPartial(unparkCalls(event));
          continue;
        }
        const isFailure = failures.error !== undefined && event.errorCode !== undefined && !event.content;
        if (isFailure) describeFailure(turn.answers, event, toTurnFailure(failures.error));
        // What was shown of an answer that failed is no answer.
        const misfit = isFailure ? undefined : outputs.correct(event);
        await store(event);
        // A summary of older events is the store's business; Python ADK does not show it either.
        if (!isCompactedEvent(event)) turn.emit(event);
        // A failure ends the turn, as in google-adk; adk-js would ask the model again where tools were called before it.
        if (isFailure) break agent;
        if (misfit) throw misfit;
        repeatedFailure.check(event, pluginManager);
      }
    }
  } finally {
    // What is stored next comes after the message, and its refusal is the reason that counts.
    await begun.stored();
  }
  if (signal.aborted) return undefined;
  await pluginManager.runAfterRunCallback({ invocationContext: context });
  return failures.error && toTurnFailure(failures.error);
}

/** Makes events of the pieces of the model's answers that come past ADK, as ADK would have made them. */
function partialEvents({ invocationId, rootAgent }: TurnParts) {
  // Hundreds of pieces of a turn share them: nobody changes a partial event's actions.
  const shared = new Map<string, Pick<Event, 'actions' | 'nodeInfo'>>();
  return (piece: LlmResponse & { longRunningToolIds?: string[] }, author: string): Event => {
    let own = shared.get(author);
    if (!own) {
      own = { actions: createEventActions(), nodeInfo: { path: nodePathOf(rootAgent, author) } };
      shared.set(author, own);
    }
    return { ...piece, id: '', invocationId, author, ...own, timestamp: Date.now() };
  };
}

/** An inbound message is a person's, whatever role the caller wrote; one without parts says nothing. */
function asPerson(message: Content | undefined): Content | undefined {
  return message?.parts?.length ? { ...message, role: 'user' } : undefined;
}

/** Sets what Python ADK has on an event and adk-js has not, or has otherwise. */
function toPythonForm(turn: TurnParts, event: Event): Event {
  event.nodeInfo ??= { path: nodePathOf(turn.rootAgent, event.author) };
  const isModelCall = event.content?.role === 'model' && getFunctionCalls(unparkCalls(event)).length > 0;
  if (!event.longRunningToolIds?.length && !isModelCall) event.longRunningToolIds = undefined;
  return event;
}

/**
 * The event that says why the model failed, in words fit for the caller. Where it failed in the middle of an answer, what
 * was shown stays in the conversation on this event.
 */
function describeFailure(answers: OpenAnswers, event: Event, failure: TurnFailure): void {
  event.errorCode = failure.errorCode;
  event.errorMessage = failure.errorMessage;
  const shown = answers.unfinished.find(({ author }) => author === event.author);
  if (shown?.parts.length) event.content = { role: 'model', parts: shown.parts };
}
