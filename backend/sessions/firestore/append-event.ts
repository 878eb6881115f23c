import {
  FieldValue,
  Timestamp,
  type DocumentReference,
  type DocumentSnapshot,
  type Firestore,
  type Transaction,
} from '@google-cloud/firestore';
import type { Event } from '@google/adk';
import { AppError } from '../../errors/app-error.ts';
import type { JsonObject } from '../../events/codec.ts';
import { toEventData } from '../../events/document.ts';
import { nextTimestamp } from '../../events/ids.ts';
import { exactData } from '../../firestore/exact-integers.ts';
import { transact } from '../../firestore/transact.ts';
import type { CompositeSessionKey } from '../session-store.ts';
import type { WriterGuard } from '../writer-guard.ts';
import { assertStateFits, assignState, hasKeys, type SplitState, type StateMap } from '../state.ts';
import { assertEventFits } from './document-bytes.ts';
import { appStateOf, eventsOf, sessionOf, userStateOf } from './paths.ts';
import { readSession, toMs, toTimestamp, type SessionDocument } from './session-document.ts';

/** What is known of the stored session since it was read: google-adk's staleness rule, and where the time stands. */
export interface Mark {
  revision: number;
  /** Of the newest event, milliseconds; undefined where it was not read. */
  lastMs: number | undefined;
  /** Id of an event that was sent and never answered: it may have been stored. */
  unanswered?: string;
}

export interface Append {
  key: CompositeSessionKey;
  event: Event;
  delta: SplitState;
  /** Undefined for a session object that did not come from this store: nothing to be stale against, as in google-adk. */
  mark: Mark | undefined;
  /** Of the writer's lease; undefined for a writer without one. */
  fence: number | undefined;
  guard: WriterGuard | undefined;
  /** Aborted once nobody waits any more: then nothing further is begun. */
  signal: AbortSignal;
}

export interface Appended {
  /** Of the event as stored, milliseconds. */
  timestamp: number;
  revision: number;
  document: SessionDocument;
  /** Undefined where an earlier, unanswered try had stored it. */
  stored: JsonObject | undefined;
}

/** An event's id is the name of its document. */
const DOCUMENT_ID = /^(?!\.{1,2}$)(?!__.*__$)[^/]{1,1000}$/s;

/** Contention, or a moment's absence; the client waits a little longer before each. */
const MOST_ATTEMPTS = 5;

/** Stores an event with its session's revision, time and state and the shared states: in one transaction that checks the lease, two writes and one more for each shared state that changes. */
export async function appendInTransaction(db: Firestore, append: Append): Promise<Appended> {
  const { key, event, delta, fence, guard, signal } = append;
  if (!DOCUMENT_ID.test(event.id))
    throw new AppError('BAD_REQUEST', 'Invalid event id: it is empty, or holds a slash.');
  const session = sessionOf(db, key);
  const appState = hasKeys(delta.app) ? appStateOf(db, key.appName) : undefined;
  const userState = hasKeys(delta.user) ? userStateOf(db, key) : undefined;
  return transact(
    db,
    async (transaction) => {
      const [stored, lease] = await transaction.getAll(session, ...(guard ? [guard.leaseOf(key)] : []));
      const document = stored && readSession(stored);
      if (!document) throw new AppError('SESSION_NOT_FOUND', `Session not found: ${key.sessionId}`);
      if (lease) guard?.assertMayWrite(lease, fence);
      const standing = await whereItStands(transaction, session, document, append);
      if (standing.isStored) return { ...standing, document, revision: document.revision, stored: undefined };
      const timestamp = nextTimestamp(event.timestamp, standing.lastMs);
      const eventData = toEventData({ ...event, timestamp });
      assertEventFits(eventData);
      // All reads come before all writes, as Firestore asks.
      const shared = await readShared(transaction, [
        [appState, delta.app, 'app'],
        [userState, delta.user, 'user'],
      ]);
      for (const [reference, state] of shared) transaction.set(reference, state);
      const revision = document.revision + 1;
      transaction.update(session, {
        ...stateChange(document, delta.session),
        updateTime: FieldValue.serverTimestamp(),
        revision,
      });
      transaction.set(eventsOf(session).doc(event.id), {
        event_data: eventData,
        timestamp: toTimestamp(timestamp),
        appName: key.appName,
        userId: key.userId,
      });
      return { timestamp, revision, document, stored: eventData };
    },
    { signal, maxAttempts: MOST_ATTEMPTS },
  );
}

/**
 * Checks that nobody else has written, and finds the newest event's time. One step further may be ourselves: this event,
 * of a try whose answer did not come or came when nobody waited any more, or the one before it.
 */
async function whereItStands(
  transaction: Transaction,
  session: DocumentReference,
  { revision }: SessionDocument,
  { event, mark }: Append,
): Promise<{ isStored: true; timestamp: number } | { isStored: false; lastMs: number }> {
  if (mark && mark.revision !== revision) {
    if (revision !== mark.revision + 1) throw new AppError('SESSION_CHANGED');
    const find = async (id: string): Promise<DocumentSnapshot> => transaction.get(eventsOf(session).doc(id));
    const stored = await find(event.id);
    if (stored.exists) return { isStored: true, timestamp: timeOf(stored) };
    const before = mark.unanswered === undefined ? undefined : await find(mark.unanswered);
    if (!before?.exists) throw new AppError('SESSION_CHANGED');
    // Known now, however this transaction ends: the next try may find its own event on top of it.
    Object.assign(mark, { revision, lastMs: timeOf(before), unanswered: undefined });
  }
  if (mark?.lastMs !== undefined) return { isStored: false, lastMs: mark.lastMs };
  const newest = await transaction.get(eventsOf(session).orderBy('timestamp', 'desc').limit(1));
  return { isStored: false, lastMs: newest.docs[0] ? timeOf(newest.docs[0]) : 0 };
}

function timeOf(event: DocumentSnapshot): number {
  const time: unknown = event.get('timestamp');
  return time instanceof Timestamp ? toMs(time) : 0;
}

/** Whole documents: a merging write would keep, inside a value, keys that the new value dropped. */
async function readShared(
  transaction: Transaction,
  changes: [DocumentReference | undefined, StateMap, 'app' | 'user'][],
): Promise<[DocumentReference, StateMap][]> {
  const shared: [DocumentReference, StateMap][] = [];
  for (const [reference, delta, map] of changes) {
    if (!reference) continue;
    const state = assignState(exactData(await transaction.get(reference)) ?? {}, delta);
    assertStateFits(map, JSON.stringify(state));
    shared.push([reference, state]);
  }
  return shared;
}

function stateChange({ state }: SessionDocument, delta: StateMap): { state?: string } {
  if (!hasKeys(delta)) return {};
  const text = JSON.stringify(assignState(state, delta));
  assertStateFits('session', text);
  return { state: text };
}
