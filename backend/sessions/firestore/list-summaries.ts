import { FieldPath, Timestamp, type Firestore } from '@google-cloud/firestore';
import { AppError } from '../../errors/app-error.ts';
import type { ListPage, SessionSummary } from '../session-store.ts';
import { appStateOf, SESSIONS, sessionsOf, userStateOf } from './paths.ts';
import { mergedState, readSession, readSharedState, type SessionDocument } from './session-document.ts';

interface Summaries {
  sessions: SessionSummary[];
  nextCursor?: string;
}

/** Sessions of one user, newest first, a page after a cursor: as many reads as the page has sessions, and two. */
export async function listOfUser(
  db: Firestore,
  owner: { appName: string; userId: string },
  { limit, cursor }: ListPage,
): Promise<Summaries> {
  let query = sessionsOf(db, owner).orderBy('updateTime', 'desc').orderBy(FieldPath.documentId(), 'desc');
  if (cursor !== undefined) query = query.startAfter(...readCursor(cursor));
  if (limit !== undefined) query = query.limit(limit);
  const [{ docs }, app, user] = await Promise.all([
    query.get(),
    appStateOf(db, owner.appName).get(),
    userStateOf(db, owner).get(),
  ]);
  const states = { app: readSharedState(app), user: readSharedState(user) };
  const sessions = docs.flatMap((doc) => {
    const document = readSession(doc);
    return document ? [toSummary({ ...document, userId: owner.userId }, owner.appName, states)] : [];
  });
  const last = docs.at(-1);
  const time: unknown = last?.get('updateTime');
  const isFull = limit !== undefined && docs.length === limit;
  return isFull && last && time instanceof Timestamp
    ? { sessions, nextCursor: writeCursor(time, last.id) }
    : { sessions };
}

/** Sessions of all users, newest first, by the collection group that google-adk's list asks. */
export async function listOfAll(db: Firestore, appName: string): Promise<Summaries> {
  const [{ docs }, app] = await Promise.all([
    db.collectionGroup(SESSIONS).where('appName', '==', appName).get(),
    appStateOf(db, appName).get(),
  ]);
  const documents = docs.flatMap((doc) => readSession(doc) ?? []);
  const users = [...new Set(documents.map(({ userId }) => userId))];
  const userStates = await Promise.all(
    users.map(async (userId) => {
      const state = readSharedState(await userStateOf(db, { appName, userId }).get());
      return [userId, state] as const;
    }),
  );
  const byUser = new Map(userStates);
  const appState = readSharedState(app);
  const sessions = documents
    .toSorted((a, b) => b.updatedMs - a.updatedMs || (a.id < b.id ? 1 : -1))
    .map((document) =>
      toSummary(document, appName, { app: appState, user: byUser.get(document.userId) ?? {} }),
    );
  return { sessions };
}

function toSummary(
  { id, userId, state, updatedMs }: SessionDocument,
  appName: string,
  { app, user }: { app: Record<string, unknown>; user: Record<string, unknown> },
): SessionSummary {
  return { id, appName, userId, state: mergedState(state, app, user), lastUpdateTime: updatedMs / 1000 };
}

function writeCursor({ seconds, nanoseconds }: Timestamp, id: string): string {
  return Buffer.from(JSON.stringify([seconds, nanoseconds, id])).toString('base64url');
}

function readCursor(cursor: string): [Timestamp, string] {
  try {
    const [seconds, nanoseconds, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (typeof id === 'string' && id !== '' && !id.includes('/'))
      return [new Timestamp(seconds, nanoseconds), id];
  } catch {
    // Answered below: whatever is wrong with a cursor, the remedy is the same.
  }
  throw new AppError('BAD_CURSOR');
}
