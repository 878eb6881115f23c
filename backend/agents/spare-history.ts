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
import { activeEvents } from '../events/unusual.ts';
import { validHistory } from './valid-history.ts';

/** ADK's own, not exported. */
const INPUT_PROCESSOR = 'RequestInputLlmRequestProcessor';

/**
 * Gives ADK a history that it can make contents of (valid-history.ts), and keeps it from going through a whole session several times before each model call, which in a long conversation is
 * most of what a turn costs:
 * - answers to questions of workflow nodes are looked for only where the agent has a node among its tools;
 * - what a summary stands for is not looked at again by those who would leave it out anyway.
 * Agents below anything but LLM agents (workflows) are left as they are.
 */
export function spareHistory(agent: BaseAgent): void {
  if (!isLlmAgent(agent)) return;
  agent.requestProcessors = agent.requestProcessors.map((processor) => {
    if (processor.constructor.name === INPUT_PROCESSOR) return new ForNodesOnly(agent, processor);
    if (processor instanceof ContentRequestProcessor) return new OnActiveEvents(processor, validHistory);
    return compactsByTokens(processor) ? new OnActiveEvents(processor) : processor;
  });
  for (const subAgent of agent.subAgents) spareHistory(subAgent);
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

class OnActiveEvents extends BaseLlmRequestProcessor {
  readonly #inner: BaseLlmRequestProcessor;
  readonly #toView: (events: Event[]) => Event[];

  constructor(inner: BaseLlmRequestProcessor, toView = (events: Event[]) => events) {
    super();
    this.#inner = inner;
    this.#toView = toView;
  }

  override async *runAsync(
    context: InvocationContext,
    request: LlmRequest,
  ): AsyncGenerator<Event, void, void> {
    const { session } = context;
    const events = this.#toView(activeEvents(session.events));
    const view = events === session.events ? context : context.clone({ session: { ...session, events } });
    yield* this.#inner.runAsync(view, request);
  }
}
