import { DefaultRequestHandler, InMemoryTaskStore } from '@a2a-js/sdk/server';
import type { AgentRegistry } from '../agents/agent-registry.ts';
import type { Config } from '../config/config.ts';
import type { StartTurn } from '../runs/admission.ts';
import type { RunService } from '../runs/run.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import { type CardFacts, extendedCard, publicCard } from './card/build-card.ts';
import { RunExecutor } from './executor/run-executor.ts';
import type { A2aAgent } from './server.ts';

export interface ServedAgentsParts {
  config: Config;
  agents: AgentRegistry;
  startTurn: StartTurn;
  runs: RunService;
  sessions: SessionStore;
  now: () => number;
}

/** Every agent of the service, as A2A serves it. */
export function servedAgents({ config, agents, ...parts }: ServedAgentsParts): Map<string, A2aAgent> {
  const facts: CardFacts = {
    publicUrl: publicUrlOf(config),
    revision: config.revision,
    callers: config.identity.callers,
    pushNotifications: false,
  };
  return new Map(
    [...agents.agents].map(([appName, agent]) => {
      const card = publicCard(agent, facts);
      const executor = new RunExecutor({ ...parts, appName });
      const handler = new DefaultRequestHandler(
        card,
        new InMemoryTaskStore(),
        executor,
        undefined,
        undefined,
        undefined,
        async () => extendedCard(agent, facts),
      );
      return [appName, { card: async () => card, handler }];
    }),
  );
}

/** Without a public URL a local service is reached where it listens; never where a request says. */
function publicUrlOf({ publicUrl, listen }: Config): string {
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  return (publicUrl ?? `http://${host}:${listen.port}`).replace(/\/+$/, '');
}
