import type { LlmAgent } from '@google/adk';

/**
 * Validates a parsed answer against the agent's outputSchema, with ADK's private method. Throws if it does not match.
 */
export function validateOutput(agent: LlmAgent, value: unknown): unknown {
  return (agent as unknown as { validateOutput(value: unknown): unknown }).validateOutput(value);
}
