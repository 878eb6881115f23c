import type { BaseAgent } from '@google/adk';
import type { AgentPage } from './agent-page.ts';

export interface LoadedAgent {
  /** The folder's name under agents/: ADK's app name. */
  appName: string;
  rootAgent: BaseAgent;
  /** What the chat page shows of it, where its agent.ts says so. */
  page?: AgentPage;
}

export interface BrokenAgent {
  appName: string;
  /** One sentence, fit for /ready. */
  reason: string;
}

/** All agents found under agents/; a broken one never takes the others down. */
export interface AgentRegistry {
  readonly agents: ReadonlyMap<string, LoadedAgent>;
  readonly broken: readonly BrokenAgent[];
}
