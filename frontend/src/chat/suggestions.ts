import { own } from '../util/own.ts';

export interface Suggestion {
  title: string;
  message: string;
}

const FOR_LORNU: Suggestion[] = [
  { title: 'See how things are', message: 'What is the status of the environment?' },
  { title: 'Draw it', message: 'Draw a chart of the status of the environment.' },
  { title: 'Keep a note', message: 'Remember that the demo is on Friday.' },
  { title: 'Act, after asking', message: 'Forget my notes.' },
];

const FOR_INCIDENT: Suggestion[] = [
  { title: 'Say what you see', message: 'The dashboard shows that p95 latency doubled at 14:05.' },
  { title: 'Hand it on', message: 'Write the report of this incident.' },
];

const FOR_ANY: Suggestion[] = [
  { title: 'Get to know it', message: 'What can you help me with?' },
  { title: 'See its tools', message: 'Which tools do you have, and what are they for?' },
];

const BY_APP: Readonly<Record<string, Suggestion[]>> = { lornu: FOR_LORNU, incident: FOR_INCIDENT };

/** Ways to begin with an agent; an agent that this page does not know gets the ones that fit any. */
export function toSuggestions(appName: string): Suggestion[] {
  return own(BY_APP, appName) ?? FOR_ANY;
}
