import { LlmAgent } from '@google/adk';
import { MODEL } from '../model.ts';
import { investigator } from './investigator.ts';
import { scribe } from './scribe.ts';

/** Helps through an incident: who asks is handed to the one of its two agents whose work it is. */
export const rootAgent = new LlmAgent({
  name: 'incident',
  description: 'Helps through an incident: keeps findings while you look, and writes the report.',
  model: MODEL,
  instruction: `You coordinate the work on an incident.
Hand what the person has seen to the investigator, and the wish for a report to the scribe.
Answer yourself only when neither fits.`,
  subAgents: [investigator, scribe],
});
