import { sessionJson } from '../../events/wire.ts';
import type { AssertMayWriteState } from '../../identity/app-state-access.ts';
import { copySession, type CopyOptions } from '../../turn/copy-session.ts';
import { withSession } from '../held-session.ts';
import { defineRoute, type Route } from '../route.ts';
import { SESSION } from '../wire/answers.ts';
import { COPY_SESSION_REQUEST } from '../wire/requests.ts';

/** Copies a session, so that a conversation can be continued in two ways. */
export function copySessionRoutes(
  { sessions, artifacts }: Pick<CopyOptions, 'sessions' | 'artifacts'>,
  assertMayWriteState: AssertMayWriteState,
): Route[] {
  return [
    defineRoute({
      method: 'post',
      path: '/api/v1/apps/:appName/users/:userId/sessions/:sessionId/copy',
      summary: 'Copies a session up to before an invocation, with its state and artifacts, into a new one.',
      tag: 'sessions',
      body: COPY_SESSION_REQUEST,
      bodyOptional: true,
      answer: SESSION,
      errors: [
        'SESSION_NOT_FOUND',
        'INVOCATION_NOT_FOUND',
        'INVALID_REQUEST',
        'CALLER_NOT_ALLOWED',
        'NOT_STORABLE',
        'ARTIFACTS_UNAVAILABLE',
        'STORE_UNAVAILABLE',
      ],
      handler: async ({ path, body, context, holdAnswer }) => {
        const { appName = '', userId = '', sessionId = '' } = path;
        const { beforeInvocationId, state = {} } = body ?? {};
        assertMayWriteState(context.get('principal'), appName, state);
        const key = { appName, userId, sessionId };
        return withSession(sessions, key, holdAnswer, async (session) =>
          sessionJson(await copySession({ sessions, artifacts, session, beforeInvocationId, state })),
        );
      },
    }),
  ];
}
