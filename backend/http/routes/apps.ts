import { isLlmAgent } from '@google/adk';
import { z } from 'zod';
import { AGENT_PAGE } from '../../agents/agent-page.ts';
import type { AgentRegistry, LoadedAgent } from '../../agents/agent-registry.ts';
import { AppError } from '../../errors/app-error.ts';
import { describeAgents } from '../agent-info.ts';
import { requireApp } from '../require-app.ts';
import { defineRoute, type Route } from '../route.ts';
import { wireBoolean } from '../wire/wire-schema.ts';

const AGENT_INFO = z.object({
  name: z.string(),
  description: z.string(),
  instruction: z.string(),
  tools: z.array(z.object({ functionDeclarations: z.array(z.unknown()) })),
  sub_agents: z.array(z.string()),
});

const APP_INFO = z.object({
  name: z.string(),
  rootAgentName: z.string(),
  description: z.string(),
  language: z.string(),
  isComputerUse: z.boolean(),
  agents: z.record(z.string(), AGENT_INFO).nullish(),
});

const PAGE_APPS = z.object({
  apps: z.array(AGENT_PAGE.extend({ name: z.string(), description: z.string() })),
});

/** Lists and describes the apps. */
export function appRoutes(registry: AgentRegistry): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/list-apps',
      summary: 'Names of the apps; with detailed=true, what each is.',
      tag: 'apps',
      query: z.object({ detailed: wireBoolean.default(false) }),
      answer: z.union([z.array(z.string()), z.object({ apps: z.array(APP_INFO) })]),
      errors: ['INVALID_REQUEST'],
      handler: ({ context, query }) =>
        query.detailed ? context.json({ apps: detailedApps(registry) }) : context.json(appNames(registry)),
    }),
    defineRoute({
      method: 'get',
      path: '/api/v1/apps',
      summary:
        'The apps as the chat page shows them: title, icon (SVG) and suggestions as their agent.ts has them.',
      tag: 'apps',
      answer: PAGE_APPS,
      errors: [],
      handler: ({ context }) =>
        context.json({
          apps: inOrder(registry).map(({ appName, rootAgent, page }) => ({
            name: appName,
            description: rootAgent.description ?? '',
            ...page,
          })),
        }),
    }),
    defineRoute({
      method: 'get',
      path: '/apps/:appName/app-info',
      summary: "An app's agents with their instructions and tools.",
      tag: 'apps',
      answer: APP_INFO,
      errors: ['APP_NOT_FOUND', 'APP_INTERNAL', 'APP_BROKEN', 'NOT_AN_LLM_AGENT'],
      handler: async ({ context, path }) => {
        const app = requireApp(registry, path['appName'] ?? '');
        if (!isLlmAgent(app.rootAgent)) throw new AppError('NOT_AN_LLM_AGENT');
        return context.json({
          name: app.appName,
          rootAgentName: app.rootAgent.name,
          description: app.rootAgent.description ?? '',
          language: 'typescript',
          isComputerUse: false,
          agents: await describeAgents(app.rootAgent),
        });
      },
    }),
  ];
}

/** Broken apps are listed too, as in Python; /ready says what is wrong with them. */
function appNames(registry: AgentRegistry): string[] {
  return [...registry.agents.keys(), ...registry.broken.map((app) => app.appName)].toSorted();
}

function detailedApps(registry: AgentRegistry) {
  return inOrder(registry).map(({ appName, rootAgent }) => ({
    name: appName,
    rootAgentName: rootAgent.name,
    description: rootAgent.description ?? '',
    language: 'typescript',
    isComputerUse: false,
    agents: null,
  }));
}

function inOrder(registry: AgentRegistry): LoadedAgent[] {
  return [...registry.agents.values()].toSorted((a, b) => (a.appName < b.appName ? -1 : 1));
}
