import { parseJson } from '../../json/parse-json.ts';
import type { Firestore } from '../../firestore/client/firestore.ts';
import type { DocumentSnapshot } from '../../firestore/client/references.ts';
import type {
  AppendEventRequest,
  CreateSessionRequest,
  Event,
  GetSessionRequest,
  Session,
} from '@google/adk';
import { AppError } from '../../errors/app-error.ts';
import { Unusable } from '../../observability/readiness.ts';
import { addStored } from '../add-stored.ts';
import { EventCache, type EventCacheLimits } from '../event-cache.ts';
import {
  assertRoomFor,
  SessionStore,
  type CompositeSessionKey,
  type ListPage,
  type SessionSummary,
} from '../session-store.ts';
import { assertStateFits, assignState, hasKeys, splitState, takeTemporary, type StateMap } from '../state.ts';
import {
  appendAtOnce,
  appendInTransaction,
  sharedChanges,
  type Append,
  type Appended,
  type Mark,
} from './append-event.ts';
import { calling, LONGEST_OUTAGE_MS, patiently, whyUnusable } from '../../firestore/calling.ts';
import { plain } from '../../events/plain.ts';
import { isDocumentId } from '../../firestore/storable.ts';
import { createSession } from './create-session.ts';
import { deleteSession } from './delete-session.ts';
import { documentBytes } from '../../firestore/document-bytes.ts';
import { listOfAll, listOfUser } from './list-summaries.ts';
import { appStateOf, assertKey, isKey, sessionOf, userStateOf } from './paths.ts';
import { cacheKey, readAllEvents, readEvents, readNewestEvents } from './read-events.ts';
import {
  generationOf,
  mergedState,
  readSession,
  readSharedStates,
  type SessionDocument,
  type SharedStates,
} from './session-document.ts';
import { SessionSizes } from './session-sizes.ts';
import type { WriterGuard } from '../writer-guard.ts';

export interface FirestoreSessionStoreOptions {
  db: Firestore;
  guard?: WriterGuard;
  /** Milliseconds since the epoch. */
  now?: () => number;
  newId?: () => string;
  cache?: EventCacheLimits;
  /** Time limit of one call with its retries, in milliseconds. */
  waitMs?: number;
  /** Time limit for an event of an active run, in milliseconds. */
  patienceMs?: number;
}

/** Deleting thousands of events takes its time. */
const DELETE_WAIT_MS = 60_000;
/** Runs that may begin at the same moment. */
const MOST_BEGUN = 512;
const CLOSE_WAIT_MS = 2_000;
/** A document that is never written: reading it shows whether the database can be read. */
const PROBE = 'lornu_probe/probe';

/** What is known of a session object: its position in the store, and its running appends. */
interface Known {
  mark: Mark;
  token?: number;
  /** Bytes of its events, as far as they are in memory. */
  historyBytes?: () => number;
  appending: Promise<unknown>;
  /** Events whose append got no response, by id: they may have been stored. */
  unanswered: Map<string, Event>;
  /** Those of them that turned out to be stored, until `settleUnanswered` returns them. */
  found: Event[];
}

interface BegunSession {
  document: SessionDocument;
  /** The states of the app and of the user, if they were read. */
  shared: readonly DocumentSnapshot[];
}

/**
 * Sessions in Firestore, in exactly the documents of google-adk's FirestoreSessionService: both clouds read and write
 * the same conversations. A writer is refused (SESSION_CHANGED) if another has written to the session since it was
 * read, as in google-adk (StaleSessionError).
 */
export class FirestoreSessionStore extends SessionStore {
  readonly #db: Firestore;
  readonly #guard: WriterGuard | undefined;
  readonly #cache: EventCache<string>;
  readonly #sizes = new SessionSizes();
  readonly #known = new WeakMap<Session, Known>();
  /** What was read when runs began, by the path of the session, until the runs are loaded. */
  readonly #begun = new Map<string, BegunSession>();
  readonly #now: () => number;
  readonly #newId: () => string;
  readonly #waitMs: number | undefined;
  readonly #patienceMs: number;

  constructor(options: FirestoreSessionStoreOptions) {
    super();
    this.#db = options.db;
    this.#guard = options.guard;
    this.#cache = new EventCache(options.cache);
    this.#now = options.now ?? Date.now;
    this.#newId = options.newId ?? (() => crypto.randomUUID());
    this.#waitMs = options.waitMs;
    this.#patienceMs = options.patienceMs ?? LONGEST_OUTAGE_MS;
  }

  override async createSession(request: CreateSessionRequest): Promise<Session> {
    const { appName, userId } = request;
    const id = request.sessionId ?? this.#newId();
    const key = { appName, userId, sessionId: id };
    const initial = splitState(request.state);
    const text = JSON.stringify(plain(initial.session));
    assertStateFits('session', text);
    assertKey(key);
    const reading = this.#call(() => this.#sharedState(key));
    const sharesState = hasKeys(initial.app) || hasKeys(initial.user);
    const changes = sharesState ? sharedChanges(this.#db, key, initial, await reading) : [];
    const isOwnId = request.sessionId === undefined;
    const creating = this.#call((signal) =>
      createSession(this.#db, { key, isOwnId, state: text, changes, signal }),
    );
    const [shared] = await Promise.all([reading, creating]);
    const state = mergedState(
      parseJson(text) as StateMap,
      assignState(shared.app, initial.app),
      assignState(shared.user, initial.user),
    );
    const created = { id, appName, userId, state, events: [], lastUpdateTime: this.#now() };
    this.#know(created, { revision: 0, lastMs: 0, writtenAt: undefined, generation: '' });
    return created;
  }

  override async getSession(request: GetSessionRequest): Promise<Session | undefined> {
    return this.#load(request, undefined);
  }

  /** Only the holder of the lease writes, and whoever took it has read the document. */
  override async getBegunSession(key: CompositeSessionKey): Promise<Session | undefined> {
    const { path } = sessionOf(this.#db, key);
    const begun = this.#begun.get(path);
    this.#begun.delete(path);
    return this.#load(key, begun);
  }

  async #load(request: GetSessionRequest, begun: BegunSession | undefined): Promise<Session | undefined> {
    const { appName, userId, sessionId: id, config } = request;
    const key = { appName, userId, sessionId: id };
    const { numRecentEvents, afterTimestamp } = config ?? {};
    if (!isKey(key)) return undefined;
    return this.#call(async () => {
      const read = async (): Promise<SessionDocument | undefined> =>
        readSession(await sessionOf(this.#db, key).get());
      const document = begun?.document ?? (await read());
      if (!document) return undefined;
      const [found, shared] = await Promise.all([
        readEvents(sessionOf(this.#db, key), document, this.#cache, read, config),
        begun?.shared.length === 2 ? readSharedStates(begun.shared) : this.#sharedState(key),
      ]);
      if (!found) return undefined;
      const newest = found.events.at(-1);
      let { events } = found;
      if (afterTimestamp !== undefined) events = events.filter((event) => event.timestamp >= afterTimestamp);
      if (numRecentEvents !== undefined) events = numRecentEvents > 0 ? events.slice(-numRecentEvents) : [];
      const { state, revision, updatedMs, writtenAt, generation } = found.document;
      const session = {
        id,
        appName,
        userId,
        state: mergedState(state, shared.app, shared.user),
        events,
        lastUpdateTime: updatedMs,
      };
      const cached = cacheKey(sessionOf(this.#db, key), found.document);
      const historyBytes = () => this.#cache.bytesOf(cached);
      this.#sizes.note(sessionOf(this.#db, key).path, historyBytes());
      const lastMs = newest?.timestamp ?? (revision === 0 ? 0 : undefined);
      this.#know(session, { revision, lastMs, writtenAt, generation }, historyBytes);
      return session;
    });
  }

  override async appendEvent({ session, event }: AppendEventRequest): Promise<Event> {
    if (event.partial) return event;
    const known = this.#known.get(session);
    // One at a time: two concurrent appends of one session object would each find the other's revision.
    const mine = (known?.appending ?? Promise.resolve()).then(() => this.#append(session, event, known));
    if (known) known.appending = mine.catch(() => undefined);
    return mine;
  }

  override async settleUnanswered(session: Session): Promise<Event[]> {
    const known = this.#known.get(session);
    await known?.appending;
    if (!known) return [];
    for (const event of known.unanswered.values()) {
      await this.appendEvent({ session, event });
      known.found.push(event);
    }
    return known.found.splice(0);
  }

  override async deleteSession(key: CompositeSessionKey): Promise<void> {
    if (!isKey(key)) return;
    await calling(async (signal) => {
      const deleted = await deleteSession(this.#db, key, signal);
      if (deleted) this.#cache.delete(cacheKey(deleted.ref, { generation: generationOf(deleted) }));
      this.#sizes.delete(sessionOf(this.#db, key).path);
      await this.#guard?.forget(key, signal);
    }, DELETE_WAIT_MS);
  }

  override async listSummaries(
    { appName, userId }: { appName: string; userId?: string },
    page: ListPage = {},
  ): Promise<{ sessions: SessionSummary[]; nextCursor?: string }> {
    if (!isDocumentId(appName) || (userId !== undefined && !isDocumentId(userId))) return { sessions: [] };
    return this.#call(() =>
      userId === undefined
        ? listOfAll(this.#db, appName, page)
        : listOfUser(this.#db, { appName, userId }, page),
    );
  }

  /**
   * Time of the newest event of a session that was just read, in milliseconds, 0 if it has none; undefined if there is
   * no such session. Costs a read if this process has not seen that event. `shared`: the states of its app and of its
   * user, if they were read with it; then all events are read that this process has not seen, as its run needs them next.
   * In a transaction, which is to be short, it is only the newest one.
   */
  async newestEventMs(
    snapshot: DocumentSnapshot,
    shared: readonly DocumentSnapshot[] = [],
  ): Promise<number | undefined> {
    const { ref } = snapshot;
    const document = readSession(snapshot);
    if (!document) return undefined;
    const reread = async () => readSession(await ref.get());
    const read =
      shared.length > 0
        ? await readAllEvents(ref, document, this.#cache, reread)
        : { document, events: await readNewestEvents(ref, document, this.#cache) };
    if (!read) return undefined;
    this.#begun.set(ref.path, { document: read.document, shared });
    // Of runs that did not begin.
    if (this.#begun.size > MOST_BEGUN) this.#begun.delete(this.#begun.keys().next().value ?? '');
    return read.events.at(-1)?.timestamp ?? 0;
  }

  override historyBytes(key: CompositeSessionKey): number {
    return this.#sizes.get(sessionOf(this.#db, key).path) ?? 0;
  }

  override async probe(): Promise<void> {
    try {
      await this.#call(() => this.#db.doc(PROBE).get());
    } catch (error) {
      const why = whyUnusable(error, this.#db.databaseId);
      throw why === undefined ? error : new Unusable(why, { cause: error });
    }
  }

  override async close(): Promise<void> {
    // Waits for running calls, which may be retried repeatedly during an outage of Firestore.
    await Promise.race([this.#db.terminate(), Bun.sleep(CLOSE_WAIT_MS)]);
  }

  override bindLease(session: Session, token: number): void {
    const known = this.#known.get(session);
    if (known) known.token = token;
  }

  async #append(session: Session, event: Event, known: Known | undefined): Promise<Event> {
    const { appName, userId, id: sessionId } = session;
    const key = { appName, userId, sessionId };
    const temporary = takeTemporary((event.actions.stateDelta ??= {}));
    const delta = splitState(event.actions.stateDelta);
    // Unknown if these events were dropped from memory: then not all of them were read either.
    assertRoomFor(event, known?.historyBytes?.() ?? 0);
    const mark = known?.mark;
    const shared = sharedChanges(this.#db, key, delta, splitState(session.state));
    const { token, unanswered = new Map<string, Event>() } = known ?? {};
    const onFound = (found: Event, at: number): void => {
      unanswered.delete(found.id);
      known?.found.push(found);
      addStored(session, found, at);
    };
    const append = { key, event, delta, shared, mark, unanswered, onFound, token, guard: this.#guard };
    const { mark: now, stored } = await this.#appendPatiently(append).catch((error: unknown) => {
      // It may have been stored all the same.
      if (mark && error instanceof AppError && error.code === 'STORE_UNAVAILABLE') {
        unanswered.set(event.id, event);
        mark.writtenAt = undefined;
      }
      throw error;
    });
    unanswered.delete(event.id);
    if (known) known.mark = now;
    addStored(session, event, now.lastMs);
    assignState(session.state, temporary);
    if (stored) {
      const bytes = documentBytes(stored);
      this.#cache.extend(cacheKey(sessionOf(this.#db, key), now), now.revision, [event], bytes);
    }
    return event;
  }

  /** Only its stream waits for an event of a run, so it survives an outage that would be too long for a caller. */
  async #appendPatiently(append: Omit<Append, 'signal'>): Promise<Appended> {
    const trying = async (signal: AbortSignal): Promise<Appended> =>
      appendInTransaction(this.#db, { ...append, signal });
    if (append.token === undefined) return this.#call(trying);
    const beganAt = performance.now();
    const stored = await appendAtOnce(this.#db, append);
    if (stored) return stored;
    const patienceMs = this.#patienceMs - (performance.now() - beganAt);
    return patiently(trying, patienceMs, this.#waitMs);
  }

  #know(session: Session, mark: Mark, historyBytes?: () => number): void {
    const known = { mark, appending: Promise.resolve(), unanswered: new Map<string, Event>(), found: [] };
    this.#known.set(session, historyBytes ? { ...known, historyBytes } : known);
  }

  /** State under `app:` and `user:`, in one call. */
  async #sharedState(key: CompositeSessionKey): Promise<SharedStates> {
    return readSharedStates(
      await this.#db.getAll(appStateOf(this.#db, key.appName), userStateOf(this.#db, key)),
    );
  }

  async #call<T>(call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return calling(call, this.#waitMs);
  }
}
