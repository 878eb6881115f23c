import { FieldPath, Timestamp, type Firestore, type QueryDocumentSnapshot } from '@google-cloud/firestore';
import { AppError } from '../../errors/app-error.ts';
import { isDocumentId } from '../../firestore/storable.ts';
import { PageRoom, pageSize, type ListPage, type SessionSummary } from '../session-store.ts';
import { appStateOf, SESSIONS, sessionsOf, userStateOf } from './paths.ts';
import { mergedState, readSession, readSharedState, type SessionDocument } from './session-document.ts';

interface Summaries {
  sessions: SessionSummary[];
  nextCursor?: string;
}

/** Sessions that are read at first; how large they are tells how many are read next. */
const FIRST_READ = 20;

/** Sessions of one user, newest first, a page after a cursor: about as many reads as the page has sessions, and two. */
export async function listOfUser(
  db: Firestore,
  owner: { appName: string; userId: string },
  { limit, cursor }: ListPage,
): Promise<Summaries> {
  const newest = sessionsOf(db, owner).orderBy('updateTime', 'desc').orderBy(FieldPath.documentId(), 'desc');
  const size = pageSize(limit);
  const from = cursor === undefined ? newest : newest.startAfter(...readCursor(cursor));
  const [first, app, user] = await Promise.all([
    from.limit(Math.min(size, FIRST_READ)).get(),
    appStateOf(db, owner.appName).get(),
    userStateOf(db, owner).get(),
  ]);
  const states = { app: readSharedState(app), user: readSharedState(user) };
  const room = new PageRoom(JSON.stringify(states).length);
  const docs: QueryDocumentSnapshot[] = [];
  let isFull = false;
  let asked = Math.min(size, FIRST_READ);
  for (let read = first.docs; ;) {
    let largest = 0;
    for (const doc of read) {
      const chars = stateChars(doc);
      largest = Math.max(largest, chars);
      isFull = !room.take(chars);
      if (isFull) break;
      docs.push(doc);
    }
    const last = docs.at(-1);
    if (isFull || !last || read.length < asked || docs.length === size) break;
    asked = Math.min(size - docs.length, room.roomFor(largest));
    // oxlint-disable-next-line no-await-in-loop -- how much is read next depends on how large the ones before were
    read = (await newest.startAfter(last).limit(asked).get()).docs;
  }
  const sessions = docs.flatMap((doc) => {
    const document = readSession(doc);
    return document ? [toSummary({ ...document, userId: owner.userId }, owner.appName, states)] : [];
  });
  const last = docs.at(-1);
  const time: unknown = last?.get('updateTime');
  return (isFull || docs.length === size) && last && time instanceof Timestamp
    ? { sessions, nextCursor: writeCursor(time, last.id) }
    : { sessions };
}

function stateChars(doc: QueryDocumentSnapshot): number {
  const state: unknown = doc.get('state');
  return typeof state === 'string' ? state.length : 0;
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
    if (typeof id === 'string' && isDocumentId(id)) return [new Timestamp(seconds, nanoseconds), id];
  } catch {
    // Answered below: whatever is wrong with a cursor, the remedy is the same.
  }
  throw new AppError('BAD_CURSOR');
}
