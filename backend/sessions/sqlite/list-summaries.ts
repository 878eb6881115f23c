import { parseJson } from '../../json/parse-json.ts';
import { PageRoom, pageSize, type ListPage, type SessionSummary } from '../session-store.ts';
import { AppError } from '../../errors/app-error.ts';
import { mergeState, type StateMap } from '../state.ts';
import type { Statements, SummaryRow } from './statements.ts';

/** Later than any timestamp: where a list begins. */
const BEGINNING = { beforeUs: Number.MAX_SAFE_INTEGER, beforeId: '' };

/** Sessions without events, newest first, a page after a cursor; of every user where none is named. */
export function listSummaries(
  statements: Statements,
  { appName, userId }: { appName: string; userId?: string },
  { limit, cursor }: ListPage,
): { sessions: SessionSummary[]; nextCursor?: string } {
  const appState = statements.appState.get({ appName })?.state ?? '{}';
  const toSummary = (row: SummaryRow, userState: string): SessionSummary => ({
    id: row.id,
    appName,
    userId: row.user_id,
    state: mergeState({
      app: parseJson(appState) as StateMap,
      user: parseJson(userState) as StateMap,
      session: parseJson(row.state) as StateMap,
    }),
    lastUpdateTime: row.updated_us / 1_000_000,
  });
  if (userId === undefined) {
    const userStates = new Map(statements.userStates.all({ appName }).map((row) => [row.user_id, row.state]));
    const rows = statements.newestOfAll.all({ appName });
    return { sessions: rows.map((row) => toSummary(row, userStates.get(row.user_id) ?? '{}')) };
  }
  const userState = statements.userState.get({ appName, userId })?.state ?? '{}';
  const from = cursor === undefined ? BEGINNING : readCursor(cursor);
  const size = pageSize(limit);
  const room = new PageRoom(appState.length + userState.length);
  const rows: SummaryRow[] = [];
  let isFull = false;
  // One by one: a page of the largest states must not be read whole to be cut.
  for (const row of statements.newest.iterate({ appName, userId, ...from, limit: size })) {
    isFull = !room.take(row.state.length);
    if (isFull) break;
    rows.push(row);
  }
  const sessions = rows.map((row) => toSummary(row, userState));
  const last = rows.at(-1);
  return (isFull || rows.length === size) && last
    ? { sessions, nextCursor: writeCursor(last) }
    : { sessions };
}

function writeCursor({ updated_us, id }: SummaryRow): string {
  return Buffer.from(JSON.stringify([updated_us, id])).toString('base64url');
}

function readCursor(cursor: string): typeof BEGINNING {
  try {
    const [beforeUs, beforeId] = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Number.isSafeInteger(beforeUs) && typeof beforeId === 'string') return { beforeUs, beforeId };
  } catch {
    // Answered below: whatever is wrong with a cursor, the remedy is the same.
  }
  throw new AppError('BAD_CURSOR');
}
