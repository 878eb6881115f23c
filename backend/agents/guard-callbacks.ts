import {
  isLlmAgent,
  type BaseAgent,
  type SingleAfterToolCallback,
  type SingleBeforeToolCallback,
} from '@google/adk';
import { keepFrameworkFields, wholeResponse } from '../model/replaced-response.ts';
import { recordFailure, recordResult } from '../adk/record-result.ts';

/**
 * Limits what an agent's callbacks can do to a turn. A callback around a tool that throws counts as a tool that throws
 * (ADK would leave the call open and ask the model again). A response that replaces the model's keeps the fields that
 * the framework set.
 */
export function guardCallbacks(agent: BaseAgent): void {
  if (isLlmAgent(agent)) {
    agent.beforeToolCallback = agent.canonicalBeforeToolCallbacks.map(guardedBefore);
    agent.afterToolCallback = [...agent.canonicalAfterToolCallbacks.map(guardedAfter), recordUnchanged];
    agent.beforeModelCallback = agent.canonicalBeforeModelCallbacks.map((callback) => async (params) => {
      const response = await callback(params);
      return response && wholeResponse(response);
    });
    agent.afterModelCallback = agent.canonicalAfterModelCallbacks.map((callback) => async (params) => {
      const changed = await callback(params);
      return changed && keepFrameworkFields(params.response, changed);
    });
  }
  for (const subAgent of agent.subAgents) guardCallbacks(subAgent);
}

const guardedBefore =
  (callback: SingleBeforeToolCallback): SingleBeforeToolCallback =>
  async (params) => {
    try {
      return await callback(params);
    } catch (error) {
      return recordFailure(params.context, error);
    }
  };

const guardedAfter =
  (callback: SingleAfterToolCallback): SingleAfterToolCallback =>
  async (params) => {
    let changed;
    try {
      changed = await callback(params);
    } catch (error) {
      changed = recordFailure(params.context, error);
    }
    if (changed) recordResult(params.context, changed);
    return changed;
  };

/** The last callback; reached if none before it replaced the response. */
const recordUnchanged: SingleAfterToolCallback = ({ context, response }) => {
  recordResult(context, response);
  return undefined;
};
