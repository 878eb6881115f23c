import type { BaseAgent } from '@google/adk';

/** Python ADK's path of the event's agent, from the root on: `root@1/sub@1`. Empty for a person. */
export function nodePathOf(rootAgent: BaseAgent | undefined, author: string | undefined): string {
  if (!author || author === 'user') return '';
  const names: string[] = [];
  let agent: BaseAgent | undefined = rootAgent?.findAgent(author);
  if (!agent) return `${author}@1`;
  for (; agent; agent = agent.parentAgent) names.unshift(`${agent.name}@1`);
  return names.join('/');
}
