import type { Firestore } from '../../firestore/client/firestore.ts';
import type { DocumentReference, DocumentSnapshot } from '../../firestore/client/references.ts';
import { FieldPath, FieldValue, Timestamp } from '../../firestore/client/special-values.ts';
import type { Transaction, WriteBatch } from '../../firestore/client/transaction.ts';
import type { Event } from '@google/adk';
import { AppError } from '../../errors/app-error.ts';
import type { JsonObject } from '../../events/codec.ts';
import { toEventData } from '../../events/document.ts';
import { nextTimestamp } from '../../events/ids.ts';
import { plain } from '../../events/plain.ts';
import { assertStorable, isDocumentId } from '../../firestore/storable.ts';
import { transact } from '../../firestore/transact.ts';
import type { CompositeSessionKey } from '../session-store.ts';
import type { WriterGuard } from '../writer-guard.ts';
import { assertStateFits, assignState, hasKeys, type SplitState, type StateMap } from '../state.ts';
import { assertEventFits } from '../../firestore/document-bytes.ts';
import { appStateOf, eventsOf, sessionOf, userStateOf } from './paths.ts';
import { readSession, toMs, toTimestamp, type SessionDocument } from './session-document.ts';

/** What is known of the stored session since it was read, for google-adk's staleness rule: revision and latest time. */
export interface Mark {
  revision: number;
  /** Time of the newest event, in milliseconds; undefined if it was not read. */
  lastMs: number | undefined;
  /** Firestore's time of the last write to the session's document; undefined if it is not known. */
  writtenAt: Timestamp | undefined;
  /** See SessionDocument. */
  generation: string;
}

/** A document and the fields of it to replace. */
export type SharedChange = [DocumentReference, StateMap];

export interface Append {
  key: CompositeSessionKey;
  event: Event;
  delta: SplitState;
  /** The delta's changes of `app:` and `user:` state. */
  shared: readonly SharedChange[];
  /** Undefined for a session object that did not come from this store: it cannot be stale, as in google-adk. */
  mark: Mark | undefined;
  /** Events whose write got no response, by id: at most one may have been stored since the mark. */
  unanswered: ReadonlyMap<string, Event>;
  /** Called if one of them was, with its time in milliseconds. */
  onFound: (event: Event, timestamp: number) => void;
  /** Token of the writer's lease; undefined for a writer without one. */
  token: number | undefined;
  guard: WriterGuard | undefined;
  /** Aborted when nobody waits any more: then nothing further is started. */
  signal: AbortSignal;
}

export interface Appended {
  /** The new one: its time is the stored event's. */
  mark: Mark & { lastMs: number };
  /** Undefined if an earlier attempt without a response had stored it. */
  stored: JsonObject | undefined;
}

/** For contention or a short outage; the client waits a little longer before each. */
const MOST_ATTEMPTS = 5;

/**
 * Stores an event as `appendInTransaction` does, but in one call, on the condition that nobody has written to the
 * session or to its lease since this process did: two writes, plus one for the lease and one for each shared state that
 * changes. Undefined if that is not so, or not known: it then has to be read. Throws AppError for what cannot be stored,
 * and LEASE_LOST if the lease was never given.
 */
export async function appendAtOnce(
  db: Firestore,
  append: Omit<Append, 'signal'>,
): Promise<Appended | undefined> {
  const { key, event, delta, mark, token, guard } = append;
  const held = guard?.heldBy(token);
  if (!held) return undefined;
  const lastUpdateTime = mark?.writtenAt;
  // The state is stored as one text, which may have changed.
  if (!mark || !lastUpdateTime || mark.lastMs === undefined || hasKeys(delta.session))
    return held.inTurn(async () => undefined);
  const data = eventAfter(event, mark.lastMs);
  const revision = mark.revision + 1;
  const batch = await held.commit((writes) => {
    const times = { updateTime: FieldValue.serverTimestamp(), revision };
    writes.update(sessionOf(db, key), times, { lastUpdateTime });
    addEvent(writes, db, append, data);
  });
  if (!batch) return undefined;
  const writtenAt = batch.timeOf(sessionOf(db, key));
  return { mark: { ...mark, revision, lastMs: data.timestamp, writtenAt }, stored: data.stored };
}

/**
 * Stores an event with its session's revision, time and state and the shared states, in one transaction that checks the
 * lease: two writes, plus one for each shared state that changes.
 */
export async function appendInTransaction(db: Firestore, append: Append): Promise<Appended> {
  const { key, event, delta, token, guard, signal } = append;
  const session = sessionOf(db, key);
  let last: Transaction | undefined;
  const { generation, ...found } = await transact(
    db,
    async (transaction) => {
      last = transaction;
      const [stored, lease] = await transaction.getAll(session, ...(guard ? [guard.leaseOf(key)] : []));
      const document = stored && readSession(stored);
      if (!document) throw new AppError('SESSION_NOT_FOUND', `Session not found: ${key.sessionId}`);
      if (lease) guard?.assertMayWrite(lease, token);
      const position = await findPosition(transaction, session, document, append);
      if (position.isStored) return { ...document, timestamp: position.timestamp, stored: undefined };
      const data = eventAfter(event, position.lastMs);
      const revision = document.revision + 1;
      const times = { updateTime: FieldValue.serverTimestamp(), revision };
      transaction.update(session, { ...stateChange(document, delta.session), ...times });
      addEvent(transaction, db, append, data);
      return { ...document, ...data, revision };
    },
    { signal, maxAttempts: MOST_ATTEMPTS },
  );
  const { revision, timestamp, stored } = found;
  const writtenAt = last?.timeOf(session);
  return { mark: { revision, lastMs: timestamp, writtenAt, generation }, stored };
}

/** The event as it is stored after another one, with its time in milliseconds. Throws AppError. */
function eventAfter(event: Event, lastMs: number): { timestamp: number; stored: JsonObject } {
  // An event's id is the name of its document.
  if (!isDocumentId(event.id)) {
    const detail = `Invalid event id: it is empty, ".", "..", like "__x__", too long, or holds a slash.`;
    throw new AppError('BAD_REQUEST', detail);
  }
  const timestamp = nextTimestamp(event.timestamp, lastMs);
  const stored = toEventData({ ...event, timestamp });
  assertStorable(stored);
  assertEventFits(stored);
  return { timestamp, stored };
}

function addEvent(
  batch: WriteBatch,
  db: Firestore,
  { key, event, shared }: Pick<Append, 'key' | 'event' | 'shared'>,
  { timestamp, stored }: { timestamp: number; stored: JsonObject },
): void {
  for (const [reference, values] of shared) setFields(batch, reference, values);
  batch.set(eventsOf(sessionOf(db, key)).doc(event.id), {
    event_data: stored,
    timestamp: toTimestamp(timestamp),
    appName: key.appName,
    userId: key.userId,
  });
}

/**
 * Checks that nobody else has written, and finds the newest event's time. One revision further may be our own write:
 * this event, of an attempt whose response was lost or came too late, or the previous one.
 */
async function findPosition(
  transaction: Transaction,
  session: DocumentReference,
  { revision }: SessionDocument,
  { event, mark, unanswered, onFound }: Append,
): Promise<{ isStored: true; timestamp: number } | { isStored: false; lastMs: number }> {
  if (mark && mark.revision !== revision) {
    if (revision !== mark.revision + 1) throw new AppError('SESSION_CHANGED');
    const documents = [event.id, ...unanswered.keys()].map((id) => eventsOf(session).doc(id));
    const [mine, ...earlier] = await transaction.getAll(...documents);
    if (mine?.exists) return { isStored: true, timestamp: timeOf(mine) };
    const before = earlier.find(({ exists }) => exists);
    const found = before && unanswered.get(before.id);
    if (!before || !found) throw new AppError('SESSION_CHANGED');
    // Kept even if this transaction fails: its write may be stored unnoticed, and the next attempt looks for it.
    Object.assign(mark, { revision, lastMs: timeOf(before), writtenAt: undefined });
    onFound(found, timeOf(before));
  }
  if (mark?.lastMs !== undefined) return { isStored: false, lastMs: mark.lastMs };
  const newest = await transaction.get(eventsOf(session).orderBy('timestamp', 'desc').limit(1));
  return { isStored: false, lastMs: newest.docs[0] ? timeOf(newest.docs[0]) : 0 };
}

function timeOf(event: DocumentSnapshot): number {
  const time: unknown = event.get('timestamp');
  return time instanceof Timestamp ? toMs(time) : 0;
}

/**
 * A delta's changes of `app:` and `user:` state, in storable form. Throws NOT_STORABLE. `known` is what was read of
 * these states: as they are not read again, their size is checked only as far as the writer knows it.
 */
export function sharedChanges(
  db: Firestore,
  key: Pick<CompositeSessionKey, 'appName' | 'userId'>,
  delta: Pick<SplitState, 'app' | 'user'>,
  known: Pick<SplitState, 'app' | 'user'>,
): SharedChange[] {
  const documents = { app: appStateOf(db, key.appName), user: userStateOf(db, key) };
  return (['app', 'user'] as const).flatMap((map): SharedChange[] => {
    if (!hasKeys(delta[map])) return [];
    const values = plain(delta[map]) as StateMap;
    assertStorable(values);
    assertStateFits(map, JSON.stringify({ ...known[map], ...values }));
    return [[documents[map], values]];
  });
}

/**
 * Replaces these fields and keeps the others, without reading the document: every session of a user or an app writes to
 * it, and a transaction that has read it would block all others.
 */
export function setFields(batch: WriteBatch, document: DocumentReference, values: StateMap): void {
  batch.set(document, values, { mergeFields: Object.keys(values).map((key) => new FieldPath(key)) });
}

function stateChange({ state }: SessionDocument, delta: StateMap): { state?: string } {
  if (!hasKeys(delta)) return {};
  const text = JSON.stringify(assignState(state, plain(delta) as StateMap));
  assertStateFits('session', text);
  return { state: text };
}
