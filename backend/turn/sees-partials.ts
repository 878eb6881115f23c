import { BasePlugin, isAgentTool, isBaseTool, isLlmAgent, type BaseAgent } from '@google/adk';

/**
 * Whether anything of this agent or its plugins looks at partial answers: a callback after the model, a response
 * processor, agents that run side by side (branches), agents inside tools (whose pieces are not shown).
 * A plugin that looks at whole events only says so by `ignoresPartials`.
 */
export function seesPartials(agent: BaseAgent, plugins: readonly BasePlugin[]): boolean {
  return plugins.some(looksAtPartials) || agentSeesPartials(agent);
}

function looksAtPartials(plugin: BasePlugin & { ignoresPartials?: boolean }): boolean {
  if (plugin.ignoresPartials) return false;
  const { onEventCallback, afterModelCallback } = BasePlugin.prototype;
  return plugin.onEventCallback !== onEventCallback || plugin.afterModelCallback !== afterModelCallback;
}

function agentSeesPartials(agent: BaseAgent): boolean {
  if (!isLlmAgent(agent)) return true;
  return (
    agent.canonicalAfterModelCallbacks.length > 0 ||
    agent.responseProcessors.length > 0 ||
    agent.tools.some((tool) => !isBaseTool(tool) || isAgentTool(tool)) ||
    agent.subAgents.some(agentSeesPartials)
  );
}
