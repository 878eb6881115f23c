import { isLlmAgent, type BaseAgent, type Event } from '@google/adk';

/**
 * Puts right what adk-js keeps under an agent's outputKey: thoughts belong to no answer, and an event without text
 * (a call, a tool's result) is no answer at all. Python ADK keeps neither, and the two share the state.
 */
export function correctOutput(rootAgent: BaseAgent, event: Event): void {
  const delta = event.actions.stateDelta;
  const agent = rootAgent.findAgent(event.author ?? '');
  if (!agent || !isLlmAgent(agent) || !agent.outputKey || !(agent.outputKey in delta)) return;
  const parts = event.content?.parts ?? [];
  const all = parts.map(({ text }) => text ?? '').join('');
  // Anything else under the key was put there by a tool, or read by the agent's schema.
  if (delta[agent.outputKey] !== all) return;
  const answer = parts.filter(({ text, thought }) => text !== undefined && !thought);
  if (answer.length === 0) delete delta[agent.outputKey];
  else delta[agent.outputKey] = answer.map(({ text }) => text).join('');
}
