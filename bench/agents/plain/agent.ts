import { LlmAgent } from '@google/adk';
import { MODEL } from '@lornu/agents/model.ts';

/** The smallest agent that answers: what is measured is the server around it. agent.py is its twin. */
export const rootAgent = new LlmAgent({ name: 'plain', model: MODEL, instruction: 'Answer.' });
