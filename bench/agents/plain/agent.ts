import { LlmAgent } from '@google/adk';

/** The smallest agent that answers: what is measured is the server around it. agent.py is its twin. */
export const rootAgent = new LlmAgent({ name: 'plain', model: 'gemini-2.5-flash', instruction: 'Answer.' });
