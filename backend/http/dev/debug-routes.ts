import { z } from 'zod';
import type { AgentRegistry } from '../../agents/agent-registry.ts';
import { AppError } from '../../errors/app-error.ts';
import type { TraceMemory } from '../../observability/trace-memory.ts';
import type { SessionStore } from '../../sessions/session-store.ts';
import { requireApp } from '../require-app.ts';
import type { Route } from '../route.ts';
import { wireBoolean } from '../wire/wire-schema.ts';
import { devRoute } from './dev-route.ts';
import { describeGraph, drawGraph } from './graph.ts';

const APP = '/dev/apps/:appName';
const DARK = z.object({ dark_mode: wireBoolean.default(false), node: z.string().optional() });

/** The routes of `adk web` for traces and graphs, as ADK's page calls them. */
export function debugRoutes(
  registry: AgentRegistry,
  sessions: SessionStore,
  traces: TraceMemory | undefined,
): Route[] {
  const rootOf = (path: Record<string, string>) =>
    describeGraph(requireApp(registry, path['appName'] ?? '').rootAgent);
  const route = (path: string, summary: string, handler: Route['handler'], query?: z.ZodType): Route =>
    devRoute('debug', { method: 'get', path: `${APP}${path}`, summary, handler, query });
  return [
    route('/debug/trace/session/:sessionId', "A conversation's spans.", ({ context, path }) =>
      context.json(traces?.ofSession(path['sessionId'] ?? '') ?? []),
    ),
    route('/debug/trace/:eventId', 'The span of an event.', ({ context, path }) => {
      const span = traces?.ofEvent(path['eventId'] ?? '');
      if (!span) throw new AppError('EVAL_NOT_FOUND', 'Trace not found');
      return context.json(span);
    }),
    route('/build_graph', "An app's agents and tools, as a tree.", ({ context, path }) =>
      context.json({ name: path['appName'], root_agent: rootOf(path) }),
    ),
    route(
      '/build_graph_image',
      "An app's agents and tools in Graphviz's language, by the path of an agent.",
      ({ context, path, query }) => {
        const { dark_mode: isDark, node = '' } = query as z.output<typeof DARK>;
        const found = node
          .split('/')
          .filter(Boolean)
          .reduce<ReturnType<typeof rootOf> | undefined>(
            (agent, name) =>
              agent?.name === name ? agent : agent?.sub_agents.find((sub) => sub.name === name),
            rootOf(path),
          );
        if (!found) throw new AppError('EVAL_NOT_FOUND', `Node not found: ${node}`);
        return context.json({ [node]: { dotSrc: drawGraph(found, [], isDark) } });
      },
      DARK,
    ),
    route(
      '/graph',
      "An app's agents and tools in Graphviz's language.",
      ({ context, path, query }) =>
        context.json({ dotSrc: drawGraph(rootOf(path), [], (query as z.output<typeof DARK>).dark_mode) }),
      DARK,
    ),
    route(
      '/users/:userId/sessions/:sessionId/events/:eventId/graph',
      'The same, with what an event did in green.',
      async ({ context, path }) => {
        const { appName = '', userId = '', sessionId = '', eventId } = path;
        const session = await sessions.getSession({ appName, userId, sessionId });
        const event = session?.events.find(({ id }) => id === eventId);
        if (!event) return context.json({});
        const author = event.author ?? '';
        const parts = event.content?.parts ?? [];
        const pairs = parts.flatMap(({ functionCall, functionResponse }): (readonly [string, string])[] =>
          functionCall
            ? [[author, functionCall.name ?? '']]
            : functionResponse
              ? [[functionResponse.name ?? '', author]]
              : [],
        );
        return context.json({ dotSrc: drawGraph(rootOf(path), pairs.length > 0 ? pairs : [[author, '']]) });
      },
    ),
  ];
}
