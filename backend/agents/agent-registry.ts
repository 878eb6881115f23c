import type { BaseAgent } from '@google/adk';
import type { AgentPage } from './agent-page.ts';

export interface LoadedAgent {
  /** ADK's app name: the folder's name under agents/. */
  appName: string;
  rootAgent: BaseAgent;
  /** What the chat page shows of the agent, if its agent.ts exports a page. */
  page?: AgentPage;
}

export interface BrokenAgent {
  appName: string;
  /** One sentence, shown in /ready. */
  reason: string;
}

/** All agents found under agents/. A broken one does not affect the others. */
export interface AgentRegistry {
  readonly agents: ReadonlyMap<string, LoadedAgent>;
  readonly broken: readonly BrokenAgent[];
}
