import { AppError } from '../errors/app-error.ts';
import type { CompositeSessionKey, Session, SessionStore } from '../sessions/session-store.ts';
import { heldJson } from './answer.ts';
import type { RouteInput } from './route.ts';

/**
 * Reads a session, which may be large, after counting its bytes against the budget, and responds with the JSON pieces
 * that `make` produces. They count until the reader has taken them. Throws SESSION_NOT_FOUND, LIMIT_REACHED.
 */
export async function withSession(
  sessions: Pick<SessionStore, 'getSession' | 'historyBytes'>,
  { numRecentEvents, ...key }: CompositeSessionKey & { numRecentEvents?: number | undefined },
  holdAnswer: RouteInput<unknown, unknown>['holdAnswer'],
  answer: (session: Session) => Promise<Iterable<string> | Response>,
): Promise<Response> {
  const held = holdAnswer(sessions.historyBytes(key));
  try {
    const config = numRecentEvents === undefined ? {} : { config: { numRecentEvents } };
    const session = await sessions.getSession({ ...key, ...config });
    if (!session) throw new AppError('SESSION_NOT_FOUND');
    const made = await answer(session);
    if (!(made instanceof Response)) return heldJson(made, held);
    held.release();
    return made;
  } catch (error) {
    held.release();
    throw error;
  }
}
