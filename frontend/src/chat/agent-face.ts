import type { AppSummary, Suggestion } from '../api/types.ts';
import { toWords } from '../util/format.ts';

const SUGGESTIONS: Suggestion[] = [
  { title: 'Get to know it', message: 'What can you help me with?' },
  { title: 'See its tools', message: 'Which tools do you have, and what are they for?' },
];

/** An agent's name on the page: its own title, or its folder's name as words. */
export const titleOf = ({ title, name }: AppSummary): string => title ?? toWords(name);

/** Suggested first messages: the agent's own, or general ones. */
export const suggestionsOf = ({ suggestions }: AppSummary): Suggestion[] => suggestions ?? SUGGESTIONS;

/** The agent's picture as an address for <img>, where an SVG can neither run scripts nor load files. */
export const iconOf = ({ icon }: AppSummary): string | undefined =>
  icon === undefined ? undefined : `data:image/svg+xml,${encodeURIComponent(icon)}`;
