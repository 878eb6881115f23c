import {
  PageRoom,
  pageSize,
  placeOf,
  writeCursor,
  type ListPage,
  type SessionSummary,
} from '../session-store.ts';
import { AppError } from '../../errors/app-error.ts';
import { mergeState, readState } from '../state.ts';
import type { Statements, SummaryRow } from './statements.ts';

/** Later than any timestamp: the start of a user's list. */
const BEGINNING = { beforeUs: Number.MAX_SAFE_INTEGER, beforeId: '' };

/**
 * A page of sessions, without events, after a cursor: of one user, newest first; without a user, of all users, by user
 * and id.
 */
export function listSummaries(
  statements: Statements,
  { appName, userId }: { appName: string; userId?: string },
  { limit, cursor }: ListPage,
): { sessions: SessionSummary[]; nextCursor?: string } {
  const appState = statements.appState.get({ appName })?.state ?? '{}';
  const userStates = new Map<string, string>();
  const userStateOf = (user: string): string => {
    const state = userStates.get(user) ?? statements.userState.get({ appName, userId: user })?.state ?? '{}';
    userStates.set(user, state);
    return state;
  };
  const size = pageSize(limit);
  const room = new PageRoom();
  const rows: SummaryRow[] = [];
  let isFull = false;
  // Iterate: with the largest states, a page must not be read whole only to be cut.
  const found =
    userId === undefined
      ? statements.byUser.iterate({ appName, ...readUserCursor(cursor), limit: size })
      : statements.newest.iterate({ appName, userId, ...readCursor(cursor), limit: size });
  for (const row of found) {
    isFull = !room.take(row.state.length + appState.length + userStateOf(row.user_id).length);
    if (isFull) break;
    rows.push(row);
  }
  const sessions = rows.map((row) => ({
    id: row.id,
    appName,
    userId: row.user_id,
    state: mergeState({
      app: readState(appState),
      user: readState(userStateOf(row.user_id)),
      session: readState(row.state),
    }),
    lastUpdateTime: row.updated_us / 1_000_000,
  }));
  const last = rows.at(-1);
  if (!last || (!isFull && rows.length < size)) return { sessions };
  const place = userId === undefined ? [last.user_id, last.id] : [last.updated_us, last.id];
  return { sessions, nextCursor: writeCursor(place) };
}

function readCursor(cursor: string | undefined): typeof BEGINNING {
  if (cursor === undefined) return BEGINNING;
  const [beforeUs, beforeId] = placeOf(cursor);
  if (Number.isSafeInteger(beforeUs) && typeof beforeId === 'string')
    return { beforeUs: beforeUs as number, beforeId };
  throw new AppError('BAD_CURSOR');
}

function readUserCursor(cursor: string | undefined): { afterUser: string; afterId: string } {
  if (cursor === undefined) return { afterUser: '', afterId: '' };
  const [afterUser, afterId] = placeOf(cursor);
  if (typeof afterUser === 'string' && typeof afterId === 'string') return { afterUser, afterId };
  throw new AppError('BAD_CURSOR');
}
