import { LlmAgent } from '@google/adk';
import { MODEL } from '../model.ts';
import { investigator } from './investigator.ts';
import { scribe } from './scribe.ts';

/** How the chat page introduces the agent. */
export const page = {
  title: 'Incident desk',
  icon: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="9" fill="#b42318"/><path d="M4 17h6l3-8 6 14 3-6h6" fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round"/></svg>',
  suggestions: [
    { title: 'Say what you see', message: 'The dashboard shows that p95 latency doubled at 14:05.' },
    { title: 'Hand it on', message: 'Write the report of this incident.' },
  ],
};

/** Guides through an incident: transfers each request to the responsible one of its two sub-agents. */
export const rootAgent = new LlmAgent({
  name: 'incident',
  description: 'Helps through an incident: keeps findings while you look, and writes the report.',
  model: MODEL,
  instruction: `You coordinate the work on an incident.
Hand what the person has seen to the investigator, and the wish for a report to the scribe.
Answer yourself only when neither fits.`,
  subAgents: [investigator, scribe],
});
