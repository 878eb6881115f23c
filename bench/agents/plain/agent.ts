import { LlmAgent } from '@google/adk';
import { MODEL } from '@lornu/agents/model.ts';

/** The smallest agent that answers, so that the server around it is measured. agent.py is the same agent in Python. */
export const rootAgent = new LlmAgent({ name: 'plain', model: MODEL, instruction: 'Answer.' });
