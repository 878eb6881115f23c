import type { Session } from '@google/adk';
import { z } from 'zod';
import type { ArtifactService } from '../../artifacts/artifact-service.ts';
import { AppError } from '../../errors/app-error.ts';
import { newEventId } from '../../events/ids.ts';
import { toPublicJson } from '../../events/redact.ts';
import { statePatch } from '../../events/service-event.ts';
import { fromWire, sessionJson, toSessionJson } from '../../events/wire.ts';
import type { AssertMayWriteState } from '../../identity/app-state-access.ts';
import type { Principal } from '../../identity/principal.ts';
import type { CompositeSessionKey, SessionStore } from '../../sessions/session-store.ts';
import { jsonText, nullAnswer } from '../answer.ts';
import { withSession } from '../held-session.ts';
import { assertRestorableEvents } from '../initial-events.ts';
import { assertStorableName } from '../names.ts';
import { NEXT_CURSOR_HEADER, PAGE_QUERY } from '../paging.ts';
import { defineRoute, type Route } from '../route.ts';
import { SESSION, SESSIONS } from '../wire/answers.ts';
import { CREATE_SESSION_REQUEST, UPDATE_SESSION_REQUEST } from '../wire/requests.ts';
import { wireInt, wireRecord } from '../wire/wire-schema.ts';

/** Sessions of evaluations: stored, but never listed. */
const EVAL_SESSION_PREFIXES = ['adk-eval-session-', '___eval___session___'];

const COLLECTION = '/apps/:appName/users/:userId/sessions';
const ONE = `${COLLECTION}/:sessionId`;

/** A caller may request only the latest events, as there may be many. */
const GET_QUERY = z.object({ numRecentEvents: wireInt.optional() });

/** The session named by a path; Hono fills every parameter of a pattern. */
function keyOf({ appName = '', userId = '', sessionId = '' }: Record<string, string>): CompositeSessionKey {
  return { appName, userId, sessionId };
}

interface CreateOptions {
  caller: Principal;
  appName: string;
  userId: string;
  sessionId?: string | undefined;
  state?: Record<string, unknown> | undefined;
}

/** The six session calls, with Python ADK's responses. */
export function sessionRoutes(
  store: SessionStore,
  artifacts: Pick<ArtifactService, 'deleteSessionArtifacts'>,
  now: () => number,
  assertMayWriteState: AssertMayWriteState,
): Route[] {
  async function create({ caller, appName, userId, sessionId, state }: CreateOptions): Promise<Session> {
    assertMayWriteState(caller, appName, state);
    assertStorableName('app name', appName);
    assertStorableName('user id', userId);
    const id = sessionId?.trim();
    if (id) assertStorableName('session id', id);
    return store.createSession({
      appName,
      userId,
      ...(state ? { state } : {}),
      ...(id ? { sessionId: id } : {}),
    });
  }

  return [
    defineRoute({
      method: 'get',
      path: ONE,
      summary: 'A session with its events.',
      tag: 'sessions',
      query: GET_QUERY,
      answer: SESSION,
      errors: ['SESSION_NOT_FOUND', 'SESSION_BUSY', 'STORE_UNAVAILABLE'],
      handler: async ({ path, query: { numRecentEvents }, holdAnswer }) =>
        withSession(store, { ...keyOf(path), numRecentEvents }, holdAnswer, async (session) =>
          sessionJson(session),
        ),
    }),
    defineRoute({
      method: 'get',
      path: COLLECTION,
      summary: `A user's sessions without their events, a page of them (limit, ${NEXT_CURSOR_HEADER}, cursor): newest first; oldest first where no limit is named.`,
      tag: 'sessions',
      query: PAGE_QUERY,
      answer: SESSIONS,
      errors: ['BAD_REQUEST', 'BAD_CURSOR', 'STORE_UNAVAILABLE'],
      handler: async ({ path, query, context }) => {
        const { appName, userId } = keyOf(path);
        const page = await store.listSummaries({ appName, userId }, query);
        const listed = page.sessions.filter(
          ({ id }) => !EVAL_SESSION_PREFIXES.some((prefix) => id.startsWith(prefix)),
        );
        // google-adk lists the oldest first. It has no pages; ours begin with the newest.
        if (query.limit === undefined && query.cursor === undefined) listed.reverse();
        if (page.nextCursor !== undefined) context.header(NEXT_CURSOR_HEADER, page.nextCursor);
        context.header('content-type', 'application/json');
        return context.body(
          toPublicJson(
            listed.map(({ id, state, lastUpdateTime }) => ({
              id,
              appName,
              userId,
              state,
              events: [],
              lastUpdateTime,
            })),
          ),
        );
      },
    }),
    defineRoute({
      method: 'post',
      path: ONE,
      creates: true,
      summary: 'Creates a session under a given id; the body is its state.',
      tag: 'sessions',
      deprecated: true,
      body: wireRecord,
      bodyOptional: true,
      answer: SESSION,
      errors: ['SESSION_EXISTS', 'BAD_REQUEST', 'CALLER_NOT_ALLOWED', 'NOT_STORABLE', 'STORE_UNAVAILABLE'],
      handler: async ({ path, body, context }) =>
        jsonText(
          toSessionJson(await create({ caller: context.get('principal'), ...keyOf(path), state: body })),
        ),
    }),
    defineRoute({
      method: 'post',
      path: COLLECTION,
      creates: true,
      summary: 'Creates a session, with a state and with events of an earlier conversation if wanted.',
      tag: 'sessions',
      body: CREATE_SESSION_REQUEST,
      bodyOptional: true,
      answer: SESSION,
      errors: ['SESSION_EXISTS', 'BAD_REQUEST', 'CALLER_NOT_ALLOWED', 'NOT_STORABLE', 'STORE_UNAVAILABLE'],
      handler: async ({ path, body, context }) => {
        const { appName, userId } = keyOf(path);
        const events = body?.events ?? [];
        assertRestorableEvents(events);
        assertNoOptions(body?.options);
        const session = await create({
          caller: context.get('principal'),
          appName,
          userId,
          sessionId: body?.sessionId,
          state: body?.state,
        });
        for (const event of events) {
          await store.appendEvent({
            session,
            event: restored(fromWire({ ...event, id: event.id || newEventId() }), now()),
          });
        }
        return jsonText(toSessionJson(session));
      },
    }),
    defineRoute({
      method: 'delete',
      path: ONE,
      summary: 'Deletes a session and its artifacts; also answers null when there is none.',
      tag: 'sessions',
      answer: z.null(),
      errors: ['STORE_UNAVAILABLE', 'ARTIFACTS_UNAVAILABLE'],
      handler: async ({ path }) => {
        // The files first, so that a failure leaves no file without a session.
        await artifacts.deleteSessionArtifacts(keyOf(path));
        await store.deleteSession(keyOf(path));
        return nullAnswer();
      },
    }),
    defineRoute({
      method: 'patch',
      path: ONE,
      summary: "Changes a session's state without a turn.",
      tag: 'sessions',
      body: UPDATE_SESSION_REQUEST,
      answer: SESSION,
      errors: [
        'SESSION_NOT_FOUND',
        'SESSION_BUSY',
        'CALLER_NOT_ALLOWED',
        'NOT_STORABLE',
        'STORE_UNAVAILABLE',
      ],
      handler: async ({ path, body, context, holdAnswer }) => {
        assertMayWriteState(context.get('principal'), keyOf(path).appName, body?.stateDelta);
        return withSession(store, keyOf(path), holdAnswer, async (session) => {
          await store.appendEvent({ session, event: statePatch(body?.stateDelta ?? {}, now()) });
          return sessionJson(session);
        });
      },
    }),
  ];
}

function assertNoOptions(options: Record<string, unknown> | undefined): void {
  const names = Object.keys(options ?? {});
  if (names.length === 0) return;
  const bound = names
    .filter((name) => ['app_name', 'session_id', 'state', 'user_id'].includes(name))
    .toSorted();
  throw new AppError(
    'BAD_REQUEST',
    bound.length > 0
      ? `Session options cannot contain keys already bound by the endpoint: ${bound.join(', ')}`
      : 'Session options are not supported by the configured session service.',
  );
}

/** Gives an imported event a time if it has none, and the marker by which ADK tells it from its own. */
function restored(event: ReturnType<typeof fromWire>, nowMs: number): ReturnType<typeof fromWire> {
  const { timestamp, customMetadata } = event;
  return {
    ...event,
    timestamp: timestamp || nowMs,
    customMetadata: { ...withoutInternal(customMetadata), __adk_internal_restored_event: true },
  };
}

function withoutInternal(metadata: Record<string, unknown> | undefined): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(metadata ?? {}).filter(([key]) => !key.startsWith('__adk_internal_')),
  );
}
