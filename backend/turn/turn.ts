import {
  createEvent,
  createEventActions,
  determineAgentForResumption,
  InvocationContext,
  StreamingMode,
  type BaseAgent,
  type BaseMemoryService,
  type BasePlugin,
  type Event,
  type Session,
} from '@google/adk';
import type { Content } from '@google/genai';
import { repeatCalls } from '../adk/repeat-calls.ts';
import { ToolResults } from '../adk/tool-results.ts';
import { openTurnScope } from '../adk/turn-scope.ts';
import type { TurnArtifacts } from '../artifacts/session-artifacts.ts';
import { withoutInternalMetadata } from '../events/redact.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import { AgentAnswer } from './agent-answer.ts';
import { toAgentView } from './agent-view.ts';
import { GoOnPlugin } from './go-on-plugin.ts';
import { asksModelFirst, MessageWrite } from './message-write.ts';
import { ModelFailureRecorder } from './model-failure-recorder.ts';
import type { OpenAnswers } from './open-answers.ts';
import { PartialEvents } from './partial-events.ts';
import { PeerOutput } from './peer-output.ts';
import { seesPartials } from './sees-partials.ts';
import { TurnEvents } from './turn-events.ts';
import { toTurnFailure, type TurnFailure } from './turn-failure.ts';
import { TurnPlugins } from './turn-plugins.ts';
import type { TurnRequest } from './turn-request.ts';

export interface TurnOptions {
  rootAgent: BaseAgent;
  /** Loaded for this turn only: the turn changes it. */
  session: Session;
  sessions: SessionStore;
  request: TurnRequest;
  invocationId: string;
  /** What was shown so far; the caller stores it if the turn ends in the middle. */
  answers: OpenAnswers;
  signal: AbortSignal;
  maxLlmCalls: number;
  /**
   * Called with each event of the turn in Python ADK's form: partial ones as they come, complete ones once they are
   * stored.
   */
  emit: (event: Event) => void;
  /** The turn was begun by another process: no message; the model continues where it was interrupted. */
  resumed?: { toRepeat: Event | undefined };
  plugins?: BasePlugin[];
  artifacts?: TurnArtifacts;
  memory?: BaseMemoryService;
}

/**
 * Runs one turn on ADK's exported classes, without its Runner: the person's message is stored, the agent runs, each
 * complete event is stored and then passed to `emit`. If nothing acts before the model, it is asked while the message
 * is still being stored. Resolves with the model's failure, if it failed. If the signal is aborted, the turn simply
 * ends: what was shown is in `answers`. Throws what the agent or its callbacks throw, and AppError if the store
 * refuses.
 */
export async function runTurn(options: TurnOptions): Promise<TurnFailure | undefined> {
  const turn = prepare(options);
  await takeMessage(turn);
  const agent = chooseAgent(turn);
  if (await isAnsweredByPlugin(turn)) return undefined;
  await runAgent(turn, agent);
  return options.signal.aborted ? undefined : end(turn);
}

type Turn = ReturnType<typeof prepare>;

/** Phase 1: prepares everything that the turn needs, without storing or asking anything. */
function prepare(options: TurnOptions) {
  const { rootAgent, session, sessions, request, invocationId, answers, signal, emit } = options;
  const message = options.resumed ? undefined : asPerson(request.newMessage);
  const customMetadata = withoutInternalMetadata(request.customMetadata ?? {});
  session.events = toAgentView(session.events, message);
  const failures = new ModelFailureRecorder();
  const own = options.resumed ? [new GoOnPlugin(), failures] : [failures];
  const plugins = new TurnPlugins([...(options.plugins ?? []), ...own]);
  const context = new InvocationContext({
    invocationId,
    agent: rootAgent,
    session,
    sessionService: sessions,
    artifactService: options.artifacts,
    memoryService: options.memory,
    userContent: message,
    runConfig: {
      streamingMode: request.streaming ? StreamingMode.SSE : StreamingMode.NONE,
      maxLlmCalls: options.maxLlmCalls,
      responseModalities: [],
    },
    pluginManager: plugins,
    abortSignal: signal,
  });
  const messageWrite = new MessageWrite();
  const events = new TurnEvents({
    rootAgent,
    session,
    sessions,
    answers,
    customMetadata,
    messageWrite,
    signal,
    emit,
  });
  const toolResults = new ToolResults();
  const passesPartials = !seesPartials(rootAgent, options.plugins ?? []);
  const partials = new PartialEvents(invocationId, rootAgent);
  openTurnScope(signal, {
    output: new PeerOutput({ invocationId, message, metadata: customMetadata, events }),
    toolResults,
    model: request.model,
    openFile: options.artifacts?.openUri,
    partials: passesPartials
      ? (piece, author) => messageWrite.whenSettled(() => events.showPartial(partials.toEvent(piece, author)))
      : undefined,
  });
  // Before the message is stored, only the model may be called: callbacks and tools wait for it.
  const mayAskEarly = passesPartials && !request.stateDelta && asksModelFirst(rootAgent, message);
  return { options, message, context, plugins, failures, messageWrite, events, toolResults, mayAskEarly };
}

/** Phase 2: stores the person's message, or starts to while the model is asked. */
async function takeMessage(turn: Turn): Promise<void> {
  const { message, context, plugins, events, messageWrite } = turn;
  if (!message) return;
  const { invocationId, request, session } = turn.options;
  const changed = await plugins.runOnUserMessageCallback({
    userMessage: message,
    invocationContext: context,
  });
  const actions = createEventActions(request.stateDelta ? { stateDelta: request.stateDelta } : {});
  const content = changed ?? message;
  const event = createEvent({ invocationId, author: 'user', content, actions });
  if (!turn.mayAskEarly) return events.store(event);
  session.events.push(event);
  const storing = events.store(event).catch((error: unknown) => {
    session.events = session.events.filter((one) => one !== event);
    throw error;
  });
  messageWrite.follow(storing);
}

/** ADK searches the events for the agent; if there is only one, it is that one. */
function chooseAgent({ options: { rootAgent, session }, context }: Turn): BaseAgent {
  context.agent =
    rootAgent.subAgents.length > 0 ? determineAgentForResumption(session, rootAgent) : rootAgent;
  return context.agent;
}

async function isAnsweredByPlugin({
  options,
  context,
  plugins,
  events,
  messageWrite,
}: Turn): Promise<boolean> {
  const content = await plugins.runBeforeRunCallback({ invocationContext: context });
  if (!content) return false;
  await messageWrite.stored();
  await events.storeAndShow(createEvent({ invocationId: options.invocationId, author: 'model', content }));
  return true;
}

/** Phase 3: the agent answers, after the calls that an interrupted turn must repeat. */
async function runAgent(turn: Turn, agent: BaseAgent): Promise<void> {
  const { rootAgent, answers, signal, resumed } = turn.options;
  const { context, plugins, failures, toolResults, events, messageWrite } = turn;
  if (resumed?.toRepeat) {
    const answer = await repeatCalls(context, resumed.toRepeat);
    if (answer && !signal.aborted) await events.storeAndShow(answer);
  }
  const parts = { rootAgent, context, plugins, failures, toolResults, answers, events, messageWrite, signal };
  await new AgentAnswer(parts).take(agent);
}

/** Phase 4: notifies the plugins of the end. */
async function end({ context, plugins, failures }: Turn): Promise<TurnFailure | undefined> {
  await plugins.runAfterRunCallback({ invocationContext: context });
  return failures.error && toTurnFailure(failures.error);
}

/** A caller's message is a person's, whatever role it has; one without parts is undefined. */
function asPerson(message: Content | undefined): Content | undefined {
  return message?.parts?.length ? { ...message, role: 'user' } : undefined;
}
