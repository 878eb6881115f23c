import { sessionBusy } from '../../errors/session-busy.ts';
import { sessionJson } from '../../events/wire.ts';
import { hasEnded, type RunService } from '../../runs/run.ts';
import type { CompositeSessionKey } from '../../sessions/session-store.ts';
import { rewindSession, type RewindOptions } from '../../turn/rewind.ts';
import { withSession } from '../held-session.ts';
import { defineRoute, type Route } from '../route.ts';
import { SESSION } from '../wire/answers.ts';
import { REWIND_REQUEST } from '../wire/requests.ts';

type RewindRoutesOptions = Omit<RewindOptions, 'session' | 'beforeInvocationId'> & {
  runs: Pick<RunService, 'list'>;
};

/** Rewinds a session, for retry and for editing an earlier message. */
export function rewindRoutes({ runs, ...parts }: RewindRoutesOptions): Route[] {
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
      handler: async ({ path, body, holdAnswer }) => {
        const { appName = '', userId = '', sessionId = '' } = path;
        const key = { appName, userId, sessionId };
        return withSession(parts.sessions, key, holdAnswer, async (session) => {
          await assertIdle(runs, key);
          const beforeInvocationId = body?.rewindBeforeInvocationId ?? '';
          await rewindSession({ ...parts, session, beforeInvocationId });
          return sessionJson(session);
        });
      },
    }),
  ];
}

/** Checked before anything is saved; if a run begins in between, the store itself refuses the write. */
async function assertIdle(runs: Pick<RunService, 'list'>, session: CompositeSessionKey): Promise<void> {
  const running = (await runs.list(session)).find(({ state }) => !hasEnded(state));
  if (!running) return;
  throw sessionBusy(running.id);
}
