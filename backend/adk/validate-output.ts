import type { LlmAgent } from '@google/adk';

/** What an agent's outputSchema makes of a parsed answer, by ADK's own private method. Throws where it does not fit. */
export function validateOutput(agent: LlmAgent, value: unknown): unknown {
  return (agent as unknown as { validateOutput(value: unknown): unknown }).validateOutput(value);
}
