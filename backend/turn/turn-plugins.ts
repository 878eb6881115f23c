import { isLlmAgent, PluginManager, type BaseAgent, type Context, type Event } from '@google/adk';
import { recordFailure, recordResult } from '../adk/record-result.ts';
import { keepFrameworkFields, wholeResponse } from '../model/replaced-response.ts';

type Params<Name extends keyof PluginManager> = PluginManager[Name] extends (params: infer P) => unknown
  ? P
  : never;
type ToolResponse = Promise<Record<string, unknown> | undefined>;

/**
 * The plugins of a turn. Guards their callbacks as agents/guard-callbacks.ts does for an agent's own, and turns any
 * failure around a tool into the response of its call, so that the model can choose again.
 */
export class TurnPlugins extends PluginManager {
  override async runBeforeModelCallback(params: Params<'runBeforeModelCallback'>) {
    const response = await super.runBeforeModelCallback(params);
    return response && wholeResponse(response);
  }

  override async runAfterModelCallback(params: Params<'runAfterModelCallback'>) {
    const changed = await super.runAfterModelCallback(params);
    return changed && keepFrameworkFields(params.llmResponse, changed);
  }

  override async runBeforeToolCallback(params: Params<'runBeforeToolCallback'>): ToolResponse {
    try {
      return await super.runBeforeToolCallback(params);
    } catch (error) {
      return recordFailure(params.toolContext, error);
    }
  }

  override async runOnToolErrorCallback(params: Params<'runOnToolErrorCallback'>): ToolResponse {
    try {
      return (await super.runOnToolErrorCallback(params)) ?? recordFailure(params.toolContext, params.error);
    } catch (error) {
      return recordFailure(params.toolContext, error);
    }
  }

  override async runAfterToolCallback(params: Params<'runAfterToolCallback'>): ToolResponse {
    const { toolContext } = params;
    let changed: Record<string, unknown> | undefined;
    try {
      refuseTransfer(toolContext);
      changed = await super.runAfterToolCallback(params);
    } catch (error) {
      changed = recordFailure(toolContext, error);
    }
    // If it is unchanged, the agent's callbacks come next, and record the result.
    if (changed) recordResult(toolContext, changed);
    return changed;
  }
}

/**
 * Withdraws a transfer to an agent that does not exist, and throws: ADK would fail after the response says that it is
 * being made. The same for a transfer to the agent itself, which ADK would run again and again.
 */
function refuseTransfer({ actions, invocationContext }: Context): void {
  const { agent } = invocationContext;
  const wanted = actions.transferToAgent;
  if (wanted === undefined || !agent) return;
  const isItself = wanted === agent.name;
  if (!isItself && agent.rootAgent.findAgent(wanted)) return;
  actions.transferToAgent = undefined;
  const names = transferTargets(agent).map(({ name }) => name);
  const choice =
    names.length > 0 ? `Transfer to one of: ${names.join(', ')}.` : 'There is no agent to transfer to.';
  throw new Error(`${isItself ? `You are ${wanted}.` : `There is no agent named ${wanted}.`} ${choice}`);
}

/** The agents that ADK offers to the model: sub-agents, the parent and its other children. */
function transferTargets(agent: BaseAgent): BaseAgent[] {
  const { parentAgent: parent } = agent;
  if (!isLlmAgent(agent) || !parent || !isLlmAgent(parent)) return agent.subAgents;
  return [
    ...agent.subAgents,
    ...(agent.disallowTransferToParent ? [] : [parent]),
    ...(agent.disallowTransferToPeers ? [] : parent.subAgents.filter((peer) => peer !== agent)),
  ];
}

/**
 * A plugin's replacement for an event. As in google-adk, it keeps its identity and the fields that the plugin left out.
 */
export function replacedEvent(event: Event, changed: Event): Event {
  const { id, invocationId, timestamp, partial } = event;
  const set = Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== undefined));
  // createEvent() sets it by itself.
  if (!changed.longRunningToolIds?.length) delete set['longRunningToolIds'];
  if (Object.values(changed.actions).every(isEmpty)) delete set['actions'];
  if (!changed.author) delete set['author'];
  return { ...event, ...set, id, invocationId, timestamp, partial };
}

function isEmpty(value: unknown): boolean {
  return (
    value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
  );
}
