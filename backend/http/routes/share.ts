import { createEventActions, type Session } from '@google/adk';
import { timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { ArtifactService } from '../../artifacts/artifact-service.ts';
import { isUserScoped } from '../../artifacts/artifact-names.ts';
import { AppError } from '../../errors/app-error.ts';
import { statePatch } from '../../events/service-event.ts';
import { sessionJson } from '../../events/wire.ts';
import type { SessionStore } from '../../sessions/session-store.ts';
import { withoutRewound } from '../../turn/agent-view.ts';
import { SHARE_KEY } from '../../turn/copy-session.ts';
import { nullAnswer } from '../answer.ts';
import { withSession } from '../held-session.ts';
import { partJson } from '../part-stream.ts';
import { defineRoute, type Route, type RouteInput } from '../route.ts';
import { SESSION } from '../wire/answers.ts';
import { wireInt } from '../wire/wire-schema.ts';

const OWNED = '/api/v1/apps/:appName/users/:userId/sessions/:sessionId/share';
// The parameter is not called userId, because there the caller could only name itself.
const SHARED = '/api/v1/shared/:appName/:ownerId/:sessionId';
/** Never in the path or the query: both are written to access logs and traces. */
const SECRET_HEADER = 'x-share-secret';
const SECRET = { [SECRET_HEADER]: 'The secret of the link, from the answer of the POST that made it.' };

type SharedInput = Pick<RouteInput<unknown, unknown>, 'path' | 'context'>;

interface ShareOptions {
  sessions: SessionStore;
  artifacts: ArtifactService;
  now: () => number;
}

/** Read-only links: every signed-in person with the link may read one session until sharing ends. */
export function shareRoutes({ sessions, artifacts, now }: ShareOptions): Route[] {
  async function setSecret(
    { path, holdAnswer }: Pick<RouteInput<unknown, unknown>, 'path' | 'holdAnswer'>,
    secret: string | null,
    answer: Response,
  ): Promise<Response> {
    const { appName = '', userId = '', sessionId = '' } = path;
    return withSession(sessions, { appName, userId, sessionId }, holdAnswer, async (session) => {
      await sessions.appendEvent({ session, event: statePatch({ [SHARE_KEY]: secret }, now()) });
      return answer;
    });
  }

  /** Checks the session without reading its events; only an artifact of it is requested. */
  async function open({ path, context }: SharedInput): Promise<Session> {
    const { appName = '', ownerId: userId = '', sessionId = '' } = path;
    const key = { appName, userId, sessionId };
    const session = await sessions.getSession({ ...key, config: { numRecentEvents: 0 } });
    if (!session) throw new AppError('SESSION_NOT_FOUND');
    assertShared(session, context);
    return session;
  }

  return [
    defineRoute({
      method: 'post',
      path: OWNED,
      summary: 'Makes a link under which every signed-in person may read this session; an earlier one ends.',
      tag: 'sessions',
      answer: z.object({ secret: z.string() }),
      errors: ['SESSION_NOT_FOUND', 'SESSION_BUSY', 'LIMIT_REACHED', 'STORE_UNAVAILABLE'],
      handler: async (input) => {
        const secret = Buffer.from(crypto.getRandomValues(new Uint8Array(24))).toString('base64url');
        return setSecret(input, secret, input.context.json({ secret }));
      },
    }),
    defineRoute({
      method: 'delete',
      path: OWNED,
      summary: 'Ends the link to this session.',
      tag: 'sessions',
      answer: z.null(),
      errors: ['SESSION_NOT_FOUND', 'SESSION_BUSY', 'LIMIT_REACHED', 'STORE_UNAVAILABLE'],
      handler: async (input) => setSecret(input, null, nullAnswer()),
    }),
    defineRoute({
      method: 'get',
      path: SHARED,
      headers: SECRET,
      summary: 'A session that was shared: its events that count, without any state.',
      tag: 'sessions',
      answer: SESSION,
      errors: ['SESSION_NOT_FOUND', 'LIMIT_REACHED', 'STORE_UNAVAILABLE'],
      handler: async ({ path, context, holdAnswer }) => {
        const { appName = '', ownerId: userId = '', sessionId = '' } = path;
        const key = { appName, userId, sessionId };
        return withSession(sessions, key, holdAnswer, async (session) => {
          assertShared(session, context);
          const events = withoutRewound(session.events).map((event) => ({
            ...event,
            actions: createEventActions({ artifactDelta: event.actions.artifactDelta }),
          }));
          const title = session.state['__session_metadata__'];
          const state = title === undefined ? {} : { __session_metadata__: title };
          return sessionJson({ ...session, state, events });
        });
      },
    }),
    defineRoute({
      method: 'get',
      path: `${SHARED}/artifacts/:artifactName{.+}`,
      headers: SECRET,
      summary: 'An artifact of a session that was shared; not those that all sessions of its owner share.',
      tag: 'artifacts',
      query: z.object({ version: wireInt.optional() }),
      answer: z.looseObject({}),
      errors: ['SESSION_NOT_FOUND', 'ARTIFACT_NOT_FOUND', 'INVALID_REQUEST', 'ARTIFACTS_UNAVAILABLE'],
      handler: async ({ path, context, query: { version } }) => {
        const { artifactName: filename = '' } = path;
        const { appName, userId, id: sessionId } = await open({ path, context });
        const artifact = isUserScoped(filename)
          ? undefined
          : await artifacts.openArtifact({
              appName,
              userId,
              sessionId,
              filename,
              ...(version === undefined ? {} : { version }),
            });
        if (!artifact) throw new AppError('ARTIFACT_NOT_FOUND');
        return new Response(partJson(artifact), { headers: { 'content-type': 'application/json' } });
      },
    }),
  ];
}

/** Every mismatch is answered as if the session did not exist. */
function assertShared({ state }: Session, context: SharedInput['context']): void {
  if (!isSame(state[SHARE_KEY], context.req.header(SECRET_HEADER) ?? ''))
    throw new AppError('SESSION_NOT_FOUND');
}

/** Compares in constant time. */
function isSame(kept: unknown, given: string): boolean {
  if (typeof kept !== 'string' || kept === '') return false;
  const [a, b] = [Buffer.from(kept), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}
