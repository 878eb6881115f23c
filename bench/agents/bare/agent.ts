import { LlmAgent } from '@google/adk';
import { MODEL } from '@lornu/agents/model.ts';

/**
 * Sends the model no history: a turn then costs loading, appending and framing. agent.py is the same agent in Python.
 */
export const rootAgent = new LlmAgent({
  name: 'bare',
  model: MODEL,
  instruction: 'Answer.',
  includeContents: 'none',
});
