import type { Firestore } from '../../firestore/client/firestore.ts';
import type {
  DocumentReference,
  DocumentSnapshot,
  Query,
  QueryDocumentSnapshot,
} from '../../firestore/client/references.ts';
import { FieldPath, Timestamp } from '../../firestore/client/special-values.ts';
import { AppError } from '../../errors/app-error.ts';
import { isDocumentId } from '../../firestore/storable.ts';
import {
  PageRoom,
  pageSize,
  placeOf,
  writeCursor,
  type ListPage,
  type SessionSummary,
} from '../session-store.ts';
import type { StateMap } from '../state.ts';
import { appStateOf, sessionOf, SESSIONS, sessionsOf, userStateOf } from './paths.ts';
import { mergedState, readSession, readSharedState, type SessionDocument } from './session-document.ts';

interface Summaries {
  sessions: SessionSummary[];
  nextCursor?: string;
}

/** Sessions that are read first; their size decides how many are read next. */
const FIRST_READ = 20;

/**
 * One user's sessions, newest first, one page after a cursor: about as many reads as the page has sessions, plus two.
 */
export async function listOfUser(
  db: Firestore,
  owner: { appName: string; userId: string },
  { limit, cursor }: ListPage,
): Promise<Summaries> {
  const newest = sessionsOf(db, owner).orderBy('updateTime', 'desc').orderBy(FieldPath.documentId(), 'desc');
  const from = cursor === undefined ? newest : newest.startAfter(...readCursor(cursor));
  const states = new SharedStates(db, owner.appName);
  const page = await readPage(newest, from, pageSize(limit), states, () => owner.userId);
  const last = page.docs.at(-1);
  const time: unknown = last?.get('updateTime');
  const sessions = states.summariesOf(page.docs, () => owner.userId);
  return page.hasMore && last && time instanceof Timestamp
    ? { sessions, nextCursor: writeCursor([time.seconds, time.nanoseconds, last.id]) }
    : { sessions };
}

/**
 * All users' sessions, by user and id, one page after a cursor: from the collection group that google-adk's list
 * queries. The order is that of the documents, which needs no index.
 */
export async function listOfAll(
  db: Firestore,
  appName: string,
  { limit, cursor }: ListPage,
): Promise<Summaries> {
  const all = db.collectionGroup(SESSIONS).where('appName', '==', appName).orderBy(FieldPath.documentId());
  const from = cursor === undefined ? all : all.startAfter(sessionAfter(db, appName, cursor));
  const states = new SharedStates(db, appName);
  const page = await readPage(all, from, pageSize(limit), states, userOf);
  const last = page.docs.at(-1);
  const sessions = states.summariesOf(page.docs, userOf);
  return page.hasMore && last ? { sessions, nextCursor: writeCursor([userOf(last), last.id]) } : { sessions };
}

type UserOf = (doc: QueryDocumentSnapshot) => string;

/** adk-session/APP/users/USER/sessions/SESSION */
const userOf: UserOf = ({ ref }) => ref.parent.parent?.id ?? '';

/** Reads on until the page is full, by number or by the size of its rows. */
async function readPage(
  query: Query,
  from: Query,
  size: number,
  states: SharedStates,
  ownerOf: UserOf,
): Promise<{ docs: QueryDocumentSnapshot[]; hasMore: boolean }> {
  const room = new PageRoom();
  const docs: QueryDocumentSnapshot[] = [];
  let asked = Math.min(size, FIRST_READ);
  let next = from;
  for (;;) {
    // How much is read next depends on how large the ones before were.
    const { docs: read } = await next.limit(asked).get();
    await states.read(read.map(ownerOf));
    let largest = 0;
    for (const doc of read) {
      const chars = stateChars(doc) + states.charsOf(ownerOf(doc));
      largest = Math.max(largest, chars);
      if (!room.take(chars)) return { docs, hasMore: true };
      docs.push(doc);
    }
    const last = docs.at(-1);
    if (!last || read.length < asked) return { docs, hasMore: false };
    if (docs.length === size) return { docs, hasMore: true };
    asked = Math.min(size - docs.length, room.roomFor(largest));
    next = query.startAfter(last);
  }
}

function stateChars(doc: QueryDocumentSnapshot): number {
  const state: unknown = doc.get('state');
  return typeof state === 'string' ? state.length : 0;
}

/** Data repeated in each row: the app's state, and the states of the users on a page. */
class SharedStates {
  readonly #db: Firestore;
  readonly #appName: string;
  readonly #users = new Map<string, { state: StateMap; chars: number }>();
  #app: { state: StateMap; chars: number } | undefined;

  constructor(db: Firestore, appName: string) {
    this.#db = db;
    this.#appName = appName;
  }

  /** Reads the app's state and those of these users, once each. */
  async read(userIds: readonly string[]): Promise<void> {
    const appName = this.#appName;
    const users = [...new Set(userIds)].filter((userId) => !this.#users.has(userId));
    const [app, ...read] = await Promise.all([
      this.#app ?? appStateOf(this.#db, appName).get().then(toShared),
      ...users.map(async (userId) => toShared(await userStateOf(this.#db, { appName, userId }).get())),
    ]);
    this.#app = app;
    for (const [index, userId] of users.entries()) this.#users.set(userId, read[index]!);
  }

  charsOf(userId: string): number {
    return (this.#app?.chars ?? 0) + (this.#users.get(userId)?.chars ?? 0);
  }

  summariesOf(docs: readonly QueryDocumentSnapshot[], ownerOf: UserOf): SessionSummary[] {
    return docs.flatMap((doc) => {
      const document = readSession(doc);
      if (!document) return [];
      const userId = ownerOf(doc);
      const user = this.#users.get(userId)?.state ?? {};
      return [toSummary({ ...document, userId }, this.#appName, { app: this.#app?.state ?? {}, user })];
    });
  }
}

function toShared(snapshot: DocumentSnapshot): { state: StateMap; chars: number } {
  const state = readSharedState(snapshot);
  return { state, chars: JSON.stringify(state).length };
}

function toSummary(
  { id, userId, state, updatedMs }: SessionDocument,
  appName: string,
  { app, user }: { app: Record<string, unknown>; user: Record<string, unknown> },
): SessionSummary {
  return { id, appName, userId, state: mergedState(state, app, user), lastUpdateTime: updatedMs / 1000 };
}

function readCursor(cursor: string): [Timestamp, string] {
  const [seconds, nanoseconds, id] = placeOf(cursor);
  try {
    if (typeof id === 'string' && isDocumentId(id))
      return [new Timestamp(seconds as number, nanoseconds as number), id];
  } catch {
    // Not a time: handled below.
  }
  throw new AppError('BAD_CURSOR');
}

function sessionAfter(db: Firestore, appName: string, cursor: string): DocumentReference {
  const [userId, sessionId] = placeOf(cursor);
  if (typeof userId === 'string' && isDocumentId(userId))
    if (typeof sessionId === 'string' && isDocumentId(sessionId))
      return sessionOf(db, { appName, userId, sessionId });
  throw new AppError('BAD_CURSOR');
}
