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

/** ADK's name; it is not exported. */
const INPUT_PROCESSOR = 'RequestInputLlmRequestProcessor';

type View = (events: Event[]) => Event[];

export interface HistoryViews {
  /** The events that a model still needs. Returns the same array if that is all of them. */
  active: View;
  /** The same events, in a form that ADK can convert to contents. */
  valid: View;
}

/**
 * Makes an agent and its sub-agents see a session through these views. Without them ADK reads the whole session several
 * times before each model call, which is most of the cost of a turn in a long conversation:
 * - answers to questions of workflow nodes are only searched for if the agent has a node among its tools;
 * - summarised events are not read by processors that would leave them out anyway. Agents below anything but LLM agents
 * (workflows) are left as they are.
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

/** Whether the processor reads only the session's active events (getActiveEvents, ADK's own name). */
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
    // Checked on every call, as an agent may be given tools while it runs. Anything but a plain tool may hold a node.
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
