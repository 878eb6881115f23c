import type { BaseAgent } from '@google/adk';

export interface LoadedAgent {
  /** The folder's name under agents/: ADK's app name. */
  appName: string;
  rootAgent: BaseAgent;
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
