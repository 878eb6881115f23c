import { BasePlugin, isAgentTool, isBaseTool, isLlmAgent, type BaseAgent } from '@google/adk';

/**
 * Whether anything of this agent or its plugins looks at partial answers: a callback after the model, a response
 * processor, agents that run side by side (branches), agents inside tools (whose pieces are not shown).
 * A plugin that looks at whole events only says so by `ignoresPartials`.
 */
export function seesPartials(agent: BaseAgent, plugins: readonly BasePlugin[]): boolean {
  return plugins.some(looksAtPartials) || agentSeesPartials(agent);
}

const PARTIAL_CALLBACKS = ['onEventCallback', 'afterModelCallback'] as const;

function looksAtPartials(plugin: BasePlugin & { ignoresPartials?: boolean }): boolean {
  if (plugin.ignoresPartials) return false;
  return PARTIAL_CALLBACKS.some((name) => plugin[name] !== BasePlugin.prototype[name]);
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
