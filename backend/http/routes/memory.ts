import { z } from 'zod';
import { AppError } from '../../errors/app-error.ts';
import type { MemoryService } from '../../memory/memory-service.ts';
import type { SessionStore } from '../../sessions/session-store.ts';
import { withoutRewound } from '../../turn/agent-view.ts';
import { nullAnswer } from '../answer.ts';
import { defineRoute, type Route } from '../route.ts';
import { UPDATE_MEMORY_REQUEST } from '../wire/requests.ts';

/** Remembering a session for later ones; agents search the memory with ADK's load_memory. */
export function memoryRoutes(memory: MemoryService, sessions: SessionStore): Route[] {
  return [
    defineRoute({
      method: 'patch',
      path: '/apps/:appName/users/:userId/memory',
      summary: "Adds a session's texts to the user's memory, or brings them up to date.",
      tag: 'memory',
      body: UPDATE_MEMORY_REQUEST,
      answer: z.null(),
      errors: ['SESSION_NOT_FOUND', 'INVALID_REQUEST'],
      handler: async ({ path, body }) => {
        const { appName = '', userId = '' } = path;
        const session = await sessions.getSession({ appName, userId, sessionId: body?.sessionId ?? '' });
        if (!session) throw new AppError('SESSION_NOT_FOUND');
        await memory.addSessionToMemory({ ...session, events: withoutRewound(session.events) });
        return nullAnswer();
      },
    }),
  ];
}
