import { LlmAgent } from '@google/adk';
import { MODEL } from '@lornu/agents/model.ts';

/** Sends the model no history: what a turn costs then is loading, appending and framing. agent.py is its twin. */
export const rootAgent = new LlmAgent({
  name: 'bare',
  model: MODEL,
  instruction: 'Answer.',
  includeContents: 'none',
});
