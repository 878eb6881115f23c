import type { BaseMemoryService, BasePlugin, Session, SessionArtifactService } from '@google/adk';
import type { AgentRegistry } from '../agents/agent-registry.ts';
import type { Logger } from '../observability/logger.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import type { Budgets } from './budgets.ts';
import type { RunStore } from './run-store.ts';
import type { TaskProtection } from './task-protection.ts';

/** Times and bounds of runs; milliseconds. */
export interface RunLimits {
  /** Longest that a run may take, however much it does, listened to or not. */
  longestRunMs: number;
  /** Longest that a run may go without an event, a piece of an answer among them. */
  silentMs: number;
  /** Model tokens that a run may spend. */
  runTokens: number;
  /** A process that says nothing for so long has lost its runs to others. */
  leaseMs: number;
  renewEveryMs: number;
  /** How often runs of dead processes are looked for. */
  takeOverEveryMs: number;
  /** How often this process looks whether another was asked to stop one of its runs. */
  cancelEveryMs: number;
  /** How long frames and ended runs are kept. */
  keepMs: number;
  /** Model tokens that a run may spend while nobody listens. */
  unheardTokens: number;
  /** ADK's limit of model calls in one turn. */
  maxLlmCalls: number;
}

export const DEFAULT_RUN_LIMITS: RunLimits = {
  longestRunMs: 60 * 60_000,
  silentMs: 5 * 60_000,
  runTokens: 1_000_000,
  leaseMs: 15_000,
  renewEveryMs: 5_000,
  takeOverEveryMs: 1_000,
  cancelEveryMs: 200,
  keepMs: 60 * 60_000,
  unheardTokens: 100_000,
  maxLlmCalls: 500,
};

export interface RunServiceDeps {
  agents: AgentRegistry;
  sessions: SessionStore;
  runs: RunStore;
  log: Logger;
  now: () => number;
  newId: () => string;
  limits?: Partial<RunLimits>;
  /** Given to every turn; what they offer (environment status) agents find by the plugin's name. */
  plugins?: BasePlugin[];
  /** The artifacts of one session. */
  artifactsOf?: (session: Session) => SessionArtifactService;
  memory?: BaseMemoryService;
  /** Undefined: turns cost what they cost. */
  budgets?: Budgets;
  /** Keeps the platform from stopping this process while runs are under way. */
  protection?: TaskProtection;
  /** Called for each accepted turn that could not be continued. */
  onLostTurn?: () => void;
}
