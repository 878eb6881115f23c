import { LlmAgent } from '@google/adk';

/** Sends the model no history: what a turn costs then is loading, appending and framing. agent.py is its twin. */
export const rootAgent = new LlmAgent({
  name: 'bare',
  model: 'gemini-2.5-flash',
  instruction: 'Answer.',
  includeContents: 'none',
});
