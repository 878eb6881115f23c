import { LlmAgent } from '@google/adk';
import { MODEL } from '@lornu/agents/model.ts';
import { z } from 'zod';

/** An agent whose answers have a schema. agent.py is the same agent in Python. */
export const rootAgent = new LlmAgent({
  name: 'clerk',
  description: 'Fills in a form.',
  model: MODEL,
  instruction: 'You are the clerk.',
  outputSchema: z.object({ city: z.string() }),
  outputKey: 'form',
});
