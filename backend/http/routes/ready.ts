import { z } from 'zod';
import type { AgentRegistry } from '../../agents/agent-registry.ts';
import type { Readiness } from '../../observability/readiness.ts';
import { defineRoute, type Route } from '../route.ts';

const READY = z.object({
  ready: z.boolean(),
  draining: z.boolean(),
  dependencies: z.array(
    z.object({
      name: z.string(),
      required: z.boolean(),
      state: z.enum(['ok', 'failed']),
      reason: z.string().optional(),
      warning: z.string().optional(),
      ageSeconds: z.number(),
      durationMs: z.number(),
    }),
  ),
  agents: z.object({
    served: z.array(z.string()),
    broken: z.array(z.object({ appName: z.string(), reason: z.string() })),
  }),
  activeRuns: z.number(),
});

export interface ReadyOptions {
  readiness: Readiness;
  agents: AgentRegistry;
  activeRuns: () => number;
  isDraining: () => boolean;
}

/**
 * Whether this process can reach its dependencies: 200 if all required ones answer and it is not shutting down, else
 * 503.
 */
export function readyRoutes({ readiness, agents, activeRuns, isDraining }: ReadyOptions): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/ready',
      summary:
        'What this process can reach, and how long ago that was seen; 503 when it should get no requests.',
      tag: 'service',
      answer: READY,
      otherAnswers: { 503: READY },
      isOpen: true,
      errors: [],
      handler: async ({ context }) => {
        const dependencies = await readiness.report();
        const draining = isDraining();
        const ready = !draining && dependencies.every(({ required, state }) => !required || state === 'ok');
        const answer: z.output<typeof READY> = {
          ready,
          draining,
          dependencies,
          agents: { served: [...agents.agents.keys()], broken: [...agents.broken] },
          activeRuns: activeRuns(),
        };
        return context.json(answer, ready ? 200 : 503);
      },
    }),
  ];
}
