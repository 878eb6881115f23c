import { isLlmAgent, type BaseAgent } from '@google/adk';
import type { AgentRegistry } from './agent-registry.ts';

/**
 * Every model named by an agent of the registry, without duplicates. Agents that inherit their parent's model are
 * skipped.
 */
export function modelsOf({ agents }: AgentRegistry): string[] {
  const named = [...agents.values()].flatMap(({ rootAgent }) => namedIn(rootAgent));
  return [...new Set(named)].toSorted();
}

function namedIn(agent: BaseAgent): string[] {
  const below = agent.subAgents.flatMap(namedIn);
  const model = isLlmAgent(agent) ? agent.model : undefined;
  const name = typeof model === 'string' ? model : model?.model;
  return name ? [name, ...below] : below;
}
