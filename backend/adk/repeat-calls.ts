import {
  functionsExportedForTestingOnly,
  getFunctionCalls,
  isLlmAgent,
  ReadonlyContext,
  type Event,
  type InvocationContext,
} from '@google/adk';

// ADK exports no other way to run an agent's calls with all callbacks. Its version is pinned.
const { handleFunctionCallList } = functionsExportedForTestingOnly;

/**
 * Runs the calls of an event again, as the agent that made them would. Returns the response event, which is not stored
 * yet.
 */
export async function repeatCalls(context: InvocationContext, event: Event): Promise<Event | undefined> {
  const agent = event.author === undefined ? undefined : context.agent?.rootAgent.findAgent(event.author);
  if (!agent || !isLlmAgent(agent)) return undefined;
  const tools = await agent.canonicalTools(new ReadonlyContext(context));
  const answer = await handleFunctionCallList({
    invocationContext: context,
    functionCalls: getFunctionCalls(event),
    toolsDict: Object.fromEntries(tools.map((tool) => [tool.name, tool])),
    beforeToolCallbacks: agent.canonicalBeforeToolCallbacks,
    afterToolCallbacks: agent.canonicalAfterToolCallbacks,
  });
  return answer ?? undefined;
}
