import { AppError } from '../../errors/app-error.ts';
import { toSessionJson } from '../../events/wire.ts';
import { rewindSession, type RewindParts } from '../../turn/rewind.ts';
import { jsonText } from '../answer.ts';
import { defineRoute, type Route } from '../route.ts';
import { SESSION } from '../wire/answers.ts';
import { REWIND_REQUEST } from '../wire/requests.ts';

/** Taking a conversation back, for retry and for editing an earlier message. */
export function rewindRoutes(parts: Omit<RewindParts, 'session' | 'beforeInvocationId'>): Route[] {
  return [
    defineRoute({
      method: 'post',
      path: '/api/v1/apps/:appName/users/:userId/sessions/:sessionId/rewind',
      summary:
        'Takes a session back to before an invocation: its state, its artifacts and what the model sees.',
      tag: 'sessions',
      body: REWIND_REQUEST,
      answer: SESSION,
      errors: [
        'SESSION_NOT_FOUND',
        'INVOCATION_NOT_FOUND',
        'SESSION_BUSY',
        'INVALID_REQUEST',
        'ARTIFACTS_UNAVAILABLE',
      ],
      handler: async ({ path, body }) => {
        const { appName = '', userId = '', sessionId = '' } = path;
        const session = await parts.sessions.getSession({ appName, userId, sessionId });
        if (!session) throw new AppError('SESSION_NOT_FOUND');
        await rewindSession({ ...parts, session, beforeInvocationId: body?.rewindBeforeInvocationId ?? '' });
        return jsonText(toSessionJson(session));
      },
    }),
  ];
}
