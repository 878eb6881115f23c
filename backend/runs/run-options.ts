import type { BaseMemoryService, BasePlugin, Session } from '@google/adk';
import type { AgentRegistry } from '../agents/agent-registry.ts';
import type { TurnArtifacts } from '../artifacts/session-artifacts.ts';
import type { Logger } from '../observability/logger.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import type { Budgets } from './budgets.ts';
import type { LiveRun } from './live-run.ts';
import type { RunStore } from './run-store.ts';
import type { TaskProtection } from './task-protection.ts';

/** Times and limits of runs; in milliseconds. */
export interface RunLimits {
  /** Longest duration of a run, with or without listeners. */
  longestRunMs: number;
  /** Longest time without an event; chunks of an answer count as events. */
  silentMs: number;
  /** Most model tokens of a run. */
  runTokens: number;
  /** A process without a heartbeat for this long loses its runs to others; longer while its heartbeats are late. */
  holdMs: number;
  beatEveryMs: number;
  /** A run whose lease is not renewed for this long is lost to others, even if its process lives. */
  leaseMs: number;
  /** Each renewal also stores the run's progress. */
  renewEveryMs: number;
  /** Poll interval for runs of dead processes. */
  takeOverEveryMs: number;
  /** Poll interval for cancel requests that another process has stored for our runs. */
  cancelEveryMs: number;
  /** How long frames and ended runs are kept. */
  keepMs: number;
  /** Most model tokens of a run while nobody listens. */
  unheardTokens: number;
  /** ADK's limit of model calls in one turn. */
  maxLlmCalls: number;
}

/** The times of heartbeats and leases, from how long a heartbeat holds. A run that ends soon is never renewed. */
export function leaseTimes(
  holdMs: number,
): Pick<RunLimits, 'holdMs' | 'beatEveryMs' | 'leaseMs' | 'renewEveryMs'> {
  return { holdMs, beatEveryMs: holdMs / 3, leaseMs: holdMs * 20, renewEveryMs: (holdMs * 20) / 3 };
}

export const DEFAULT_RUN_LIMITS: RunLimits = {
  longestRunMs: 60 * 60_000,
  silentMs: 5 * 60_000,
  runTokens: 1_000_000,
  ...leaseTimes(3_000),
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
  /** Plugins of every turn; agents find their data (such as the environment's status) by the plugin's name. */
  plugins?: BasePlugin[];
  /** The artifacts of one session. */
  artifactsOf?: (session: Session) => TurnArtifacts;
  memory?: BaseMemoryService;
  /** Undefined: no budgets. */
  budgets?: Budgets;
  /** Keeps the platform from stopping this process while runs are active. */
  protection?: TaskProtection;
  /**
   * Called when this process no longer executes a run, begun by it, queued or taken over: it has ended, or another
   * process continues it (`hasEnded` is false). `ms`: how long this process executed it.
   */
  onRunLeft?: (run: LiveRun, left: { hasEnded: boolean; ms: number }) => void;
  /** The sentence that people read about a cancelled run; undefined if they cancelled it themselves. */
  stopSentence?: (runId: string) => Promise<string | undefined>;
  /** Called for each accepted turn that could not be continued. */
  onLostTurn?: () => void;
}
