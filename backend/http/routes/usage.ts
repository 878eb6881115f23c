import type { Event } from '@google/adk';
import { z } from 'zod';
import { PRICES_READ_ON, PRICES_SOURCE } from '../../model/prices.ts';
import { addTokens, noTokens } from '../../runs/token-use.ts';
import type { SessionStore } from '../../sessions/session-store.ts';
import { withSession } from '../held-session.ts';
import { defineRoute, type Route } from '../route.ts';
import { toWireUsage, USAGE } from '../wire/usage.ts';

const SESSION_USAGE = z.object({
  prices: z.object({ source: z.string(), readOn: z.string() }),
  total: USAGE,
  turns: z.array(z.object({ invocationId: z.string(), ...USAGE.shape })).meta({
    description: 'Turns in which a model answered, oldest first.',
  }),
});

/**
 * Tokens and cost of a session, by turn, from the counts that ADK keeps with its events: so it knows old turns too, and
 * those of other servers. An answer that was cut off has no counts.
 */
export function usageRoutes(sessions: SessionStore): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/api/v1/apps/:appName/users/:userId/sessions/:sessionId/usage',
      summary: 'What the turns of a session used, in tokens and US dollars.',
      tag: 'sessions',
      answer: SESSION_USAGE,
      errors: ['SESSION_NOT_FOUND', 'STORE_UNAVAILABLE'],
      handler: async ({ path, context, holdAnswer }) => {
        const { appName = '', userId = '', sessionId = '' } = path;
        return withSession(sessions, { appName, userId, sessionId }, holdAnswer, async ({ events }) =>
          context.json(usageOf(events)),
        );
      },
    }),
  ];
}

/** `events` of a session, or some of them. */
export function usageOf(events: readonly Event[]): z.output<typeof SESSION_USAGE> {
  const total = noTokens();
  const turns = new Map<string, ReturnType<typeof noTokens>>();
  for (const event of events) {
    if (event.partial || !event.usageMetadata) continue;
    const turn = turns.get(event.invocationId) ?? noTokens();
    turns.set(event.invocationId, turn);
    addTokens(turn, event);
    addTokens(total, event);
  }
  return {
    prices: { source: PRICES_SOURCE, readOn: PRICES_READ_ON },
    total: toWireUsage(total),
    turns: [...turns].map(([invocationId, turn]) => ({ invocationId, ...toWireUsage(turn) })),
  };
}
