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
import type { RunService } from './runs/run.ts';
import type { SessionStore } from './sessions/session-store.ts';

/** Everything that `createApp` needs and does not make: compose.ts makes the real ones, tests choose their own. */
export interface Services {
  agents: AgentRegistry;
  sessions: SessionStore;
  runs: RunService;
  artifacts: ArtifactService;
  memory: MemoryService;
  /** Tasks of A2A. */
  tasks: TaskRecords;
  /** Notifications of A2A; undefined where there are none. */
  push: Push | undefined;
  /** Signs agent cards; undefined where they are not signed. */
  signer: CardSigner | undefined;
  /** Who calls: in front of every route. */
  callers: Callers;
  log: Logger;
  /** Milliseconds since the epoch. */
  now: () => number;
  newId: () => string;
  readiness: Readiness;
  /** Undefined where ADK's page is not served its traces. */
  traces?: TraceMemory | undefined;
  /** Undefined where nothing is counted. */
  metrics: Metrics | undefined;
  /** From SIGTERM on: no new requests should come here. */
  isDraining: () => boolean;
}
