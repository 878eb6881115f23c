import type { AgentCard } from '@a2a-js/sdk';
import type { AgentRegistry } from '../agents/agent-registry.ts';
import type { Config } from '../config/config.ts';
import type { StartTurn } from '../runs/admission.ts';
import type { RunService } from '../runs/run.ts';
import type { Logger } from '../observability/logger.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import type { TaskRecords } from '../tasks/task-records.ts';
import { a2aPath, type CardFacts, extendedCard, KEYS_PATH, publicCard } from './card/build-card.ts';
import type { CardSigner } from './card/sign-card.ts';
import type { LoadFile } from './executor/run-events.ts';
import { RunExecutor } from './executor/run-executor.ts';
import type { PushTargets } from './push/address-guard.ts';
import type { PushNotifier } from './push/push-notifier.ts';
import type { A2aAgent } from './server.ts';
import { RunTasks } from './tasks/run-tasks.ts';
import { StoredTasks } from './tasks/stored-tasks.ts';
import { TaskHandler } from './tasks/task-handler.ts';
import { withoutTrailing } from '../config/without-trailing.ts';

/** Webhook notifications: allowed targets and the sender. */
export interface Push {
  targets: PushTargets;
  notifier: PushNotifier;
}

export interface ServedAgentsDeps {
  config: Config;
  agents: AgentRegistry;
  startTurn: StartTurn;
  runs: RunService;
  sessions: SessionStore;
  tasks: TaskRecords;
  loadFile: LoadFile;
  /** Undefined when notifications are off. */
  push: Push | undefined;
  /** Undefined where cards are not signed. */
  signer: CardSigner | undefined;
  log: Logger;
  now: () => number;
}

/** The A2A view of every agent of the service. */
export function servedAgents(served: ServedAgentsDeps): Map<string, A2aAgent> {
  const { config, agents, tasks: records, push, signer, log, ...parts } = served;
  const facts: CardFacts = {
    publicUrl: publicUrlOf(config),
    revision: config.revision,
    callers: config.identity.callers,
    pushNotifications: push !== undefined,
  };
  return new Map(
    [...agents.agents].map(([appName, agent]) => {
      const card = publicCard(agent, facts);
      const keysUrl = `${facts.publicUrl}${a2aPath(appName)}${KEYS_PATH}`;
      const signed = async (one: AgentCard) => signer?.sign(one, keysUrl) ?? one;
      const tasks = new StoredTasks(appName, records);
      const handler = new TaskHandler({
        card: async () => card,
        extendedCard: async () => signed(await extendedCard(agent, facts)),
        executor: new RunExecutor({ ...parts, appName }),
        tasks,
        remoteTasks: new RunTasks({
          ...parts,
          appName,
          tasks,
          ...(push ? { onEvent: push.notifier.notify.bind(push.notifier) } : {}),
        }),
        ...(push
          ? { notifier: push.notifier, push: { webhooks: records.webhooks, targets: push.targets } }
          : {}),
        log,
        now: parts.now,
      });
      return [
        appName,
        {
          card: async () => signed(card),
          handler,
          ...(signer ? { keys: async () => signer.publicKeys() } : {}),
        },
      ];
    }),
  );
}

/** Without a configured public URL, a local service uses its listen address. The URL is never taken from a request. */
function publicUrlOf({ publicUrl, listen }: Config): string {
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  return withoutTrailing(publicUrl ?? `http://${host}:${listen.port}`, '/');
}
