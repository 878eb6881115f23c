import {
  BaseLlmRequestProcessor,
  ContentRequestProcessor,
  ContextCompactorRequestProcessor,
  isBaseTool,
  isLlmAgent,
  NodeTool,
  TokenBasedContextCompactor,
  type BaseAgent,
  type Event,
  type InvocationContext,
  type LlmAgent,
  type LlmRequest,
} from '@google/adk';

/** ADK's own, not exported. */
const INPUT_PROCESSOR = 'RequestInputLlmRequestProcessor';

type View = (events: Event[]) => Event[];

export interface HistoryViews {
  /** The events that a model is still to be told of. Returns the same array where those are all. */
  active: View;
  /** The same events, such that ADK can make contents of them. */
  valid: View;
}

/**
 * Lets an agent and those below it see a session through these views. ADK would go through a whole session several times
 * before each model call, which in a long conversation is most of what a turn costs:
 * - answers to questions of workflow nodes are looked for only where the agent has a node among its tools;
 * - what a summary stands for is not looked at again by those who would leave it out anyway.
 * Agents below anything but LLM agents (workflows) are left as they are.
 */
export function narrowHistory(agent: BaseAgent, views: HistoryViews): void {
  if (!isLlmAgent(agent)) return;
  const { active, valid } = views;
  agent.requestProcessors = agent.requestProcessors.map((processor) => {
    if (processor.constructor.name === INPUT_PROCESSOR) return new ForNodesOnly(agent, processor);
    if (processor instanceof ContentRequestProcessor)
      return new OnView(processor, (events) => valid(active(events)));
    return compactsByTokens(processor) ? new OnView(processor, active) : processor;
  });
  for (const subAgent of agent.subAgents) narrowHistory(subAgent, views);
}

/** Whether all it takes of a session are its active events (getActiveEvents, by ADK's own name). */
function compactsByTokens(processor: BaseLlmRequestProcessor): boolean {
  if (!(processor instanceof ContextCompactorRequestProcessor)) return false;
  const { compactors } = processor as unknown as { compactors: unknown[] };
  return compactors.every((compactor) => compactor instanceof TokenBasedContextCompactor);
}

class ForNodesOnly extends BaseLlmRequestProcessor {
  readonly #agent: LlmAgent;
  readonly #inner: BaseLlmRequestProcessor;

  constructor(agent: LlmAgent, inner: BaseLlmRequestProcessor) {
    super();
    this.#agent = agent;
    this.#inner = inner;
  }

  override async *runAsync(
    context: InvocationContext,
    request: LlmRequest,
  ): AsyncGenerator<Event, void, void> {
    // Looked at each time: an agent may be given tools while it runs. What is no plain tool may hold a node.
    const isPlain = this.#agent.tools.every((tool) => isBaseTool(tool) && !(tool instanceof NodeTool));
    if (!isPlain) yield* this.#inner.runAsync(context, request);
  }
}

class OnView extends BaseLlmRequestProcessor {
  readonly #inner: BaseLlmRequestProcessor;
  readonly #view: View;

  constructor(inner: BaseLlmRequestProcessor, view: View) {
    super();
    this.#inner = inner;
    this.#view = view;
  }

  override async *runAsync(
    context: InvocationContext,
    request: LlmRequest,
  ): AsyncGenerator<Event, void, void> {
    const { session } = context;
    const events = this.#view(session.events);
    const view = events === session.events ? context : context.clone({ session: { ...session, events } });
    yield* this.#inner.runAsync(view, request);
  }
}
