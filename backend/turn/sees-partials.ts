import { BasePlugin, isAgentTool, isBaseTool, isLlmAgent, type BaseAgent } from '@google/adk';

/**
 * Whether anything of this agent or its plugins reads partial answers: a callback after the model, a response
 * processor, parallel agents (branches), agents inside tools (whose chunks are not shown). A plugin that only reads
 * complete events declares that with `ignoresPartials`.
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
