import type { Event } from '@google/adk';
import { z } from 'zod';
import { ownTurn } from '../../json/large.ts';
import type { SessionStore } from '../../sessions/session-store.ts';
import { withoutRewound } from '../../turn/agent-view.ts';
import { NEXT_CURSOR_HEADER } from '../paging.ts';
import { defineRoute, type Route } from '../route.ts';

/** Sessions searched per request, one after the other: each is a query for its events. */
const SESSIONS_A_REQUEST = 25;
const LONGEST_QUERY = 200;
/** Characters searched per text: a message may have tens of megabytes. */
const CHARS_LOOKED_AT = 256 * 1024;
/** Characters of an excerpt: before the match, and in total. */
const BEFORE = 40;
const EXCERPT = 160;

const FOUND = z.object({
  found: z.array(z.object({ sessionId: z.string(), invocationId: z.string(), excerpt: z.string() })),
});

/** Searches the text of conversations, newest first. */
export function searchRoutes(sessions: SessionStore): Route[] {
  return [
    defineRoute({
      // The words are a person's own: in a query they would be written to access logs.
      method: 'post',
      path: '/api/v1/apps/:appName/users/:userId/search',
      summary: `Sessions of which a text holds q, whatever its case: of the newest ${SESSIONS_A_REQUEST}, then on from ${NEXT_CURSOR_HEADER}.`,
      tag: 'sessions',
      body: z.object({ q: z.string().min(1).max(LONGEST_QUERY), cursor: z.string().optional() }),
      answer: FOUND,
      errors: ['INVALID_REQUEST', 'BAD_CURSOR', 'LIMIT_REACHED', 'STORE_UNAVAILABLE'],
      handler: async ({ path, body, context, holdAnswer }) => {
        const { q = '', cursor } = body ?? {};
        const { appName = '', userId = '' } = path;
        const page = await sessions.listSummaries(
          { appName, userId },
          { limit: SESSIONS_A_REQUEST, ...(cursor === undefined ? {} : { cursor }) },
        );
        const found: z.output<typeof FOUND>['found'] = [];
        for (const { id: sessionId } of page.sessions) {
          const key = { appName, userId, sessionId };
          const held = holdAnswer(sessions.historyBytes(key));
          try {
            // Others have their turn between two conversations.
            await ownTurn();
            // One conversation at a time is in memory.
            const session = await sessions.getSession(key);
            const place = session && findText(withoutRewound(session.events), q);
            if (place) found.push({ sessionId, ...place });
          } finally {
            held.release();
          }
        }
        if (page.nextCursor !== undefined) context.header(NEXT_CURSOR_HEADER, page.nextCursor);
        return context.json({ found });
      },
    }),
  ];
}

/** The newest text that contains the words; thoughts are skipped. */
function findText(
  events: readonly Event[],
  words: string,
): { invocationId: string; excerpt: string } | undefined {
  const wanted = words.normalize().toLowerCase();
  for (const { content, invocationId } of events.toReversed()) {
    for (const { text, thought } of content?.parts ?? []) {
      const written = thought
        ? ''
        : (text ?? '').slice(0, CHARS_LOOKED_AT).normalize().replaceAll(/\s+/g, ' ');
      // People search for what they read: "the demo" also where **the** is bold.
      const line = [written, written.replaceAll(/[*`]/g, '')].find((one) =>
        one.toLowerCase().includes(wanted),
      );
      if (line === undefined) continue;
      const at = line.toLowerCase().indexOf(wanted);
      const from = Math.max(0, at - BEFORE);
      const excerpt = line.slice(from, from + EXCERPT).toWellFormed();
      const isCut = from + EXCERPT < line.length;
      return { invocationId, excerpt: `${from > 0 ? '…' : ''}${excerpt}${isCut ? '…' : ''}` };
    }
  }
  return undefined;
}
