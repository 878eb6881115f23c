import type { TaskRecords } from './tasks/task-records.ts';
import type { Push } from './a2a/agents.ts';
import type { CardSigner } from './a2a/card/sign-card.ts';
import type { AgentRegistry } from './agents/agent-registry.ts';
import type { ArtifactService } from './artifacts/artifact-service.ts';
import type { Callers } from './identity/callers.ts';
import type { MemoryService } from './memory/memory-service.ts';
import type { Logger } from './observability/logger.ts';
import type { Metrics } from './observability/metrics.ts';
import type { TraceMemory } from './observability/trace-memory.ts';
import type { Readiness } from './observability/readiness.ts';
import type { RunOperator } from './runs/run-operator.ts';
import type { RunService } from './runs/run.ts';
import type { ShadowCandidate } from './shadow/shadow-candidate.ts';
import type { Shadow } from './shadow/shadow.ts';
import type { SessionStore } from './sessions/session-store.ts';

/** All dependencies of `createApp`: compose.ts makes the real ones, tests choose their own. */
export interface Services {
  agents: AgentRegistry;
  sessions: SessionStore;
  runs: RunService;
  /** What operators do with runs of all sessions. */
  operator: RunOperator;
  artifacts: ArtifactService;
  memory: MemoryService;
  /** A2A tasks. */
  tasks: TaskRecords;
  /** A2A notifications; undefined if they are off. */
  push: Push | undefined;
  /** Signs agent cards; undefined if they are not signed. */
  signer: CardSigner | undefined;
  /** Authenticates callers, in front of every route. */
  callers: Callers;
  log: Logger;
  /** Milliseconds since the epoch. */
  now: () => number;
  newId: () => string;
  readiness: Readiness;
  /** Undefined if ADK's page gets no traces. */
  traces?: TraceMemory | undefined;
  /** Undefined if nothing is counted. */
  metrics: Metrics | undefined;
  /** Sends a share of messages to a candidate too; undefined if none is configured. */
  shadow?: Shadow | undefined;
  /** Runs messages of another process; undefined if this process is not a candidate. */
  shadowCandidate?: ShadowCandidate | undefined;
  /** Whether the service is shutting down (since SIGTERM) and should get no new requests. */
  isDraining: () => boolean;
}
