import { z } from 'zod';
import type { MemoryService } from '../../memory/memory-service.ts';
import type { SessionStore } from '../../sessions/session-store.ts';
import { withoutRewound } from '../../turn/agent-view.ts';
import { nullAnswer } from '../answer.ts';
import { withSession } from '../held-session.ts';
import { defineRoute, type Route } from '../route.ts';
import { UPDATE_MEMORY_REQUEST } from '../wire/requests.ts';

/** Adds a session to memory; agents search it with ADK's load_memory. */
export function memoryRoutes(memory: MemoryService, sessions: SessionStore): Route[] {
  return [
    defineRoute({
      method: 'patch',
      path: '/apps/:appName/users/:userId/memory',
      summary: "Adds a session's texts to the user's memory, or brings them up to date.",
      tag: 'memory',
      body: UPDATE_MEMORY_REQUEST,
      answer: z.null(),
      errors: ['SESSION_NOT_FOUND', 'INVALID_REQUEST', 'LIMIT_REACHED'],
      handler: async ({ path, body, holdAnswer }) => {
        const { appName = '', userId = '' } = path;
        const key = { appName, userId, sessionId: body?.sessionId ?? '' };
        return withSession(sessions, key, holdAnswer, async (session) => {
          await memory.addSessionToMemory({ ...session, events: withoutRewound(session.events) });
          return nullAnswer();
        });
      },
    }),
  ];
}
