import type {
  AppendEventRequest,
  CreateSessionRequest,
  Event,
  GetSessionRequest,
  Session,
} from '@google/adk';
import type { Database } from 'bun:sqlite';
import { AppError } from '../../errors/app-error.ts';
import { sessionBusy } from '../../errors/session-busy.ts';
import { charsOf } from '../../json/chars-of.ts';
import { nextTimestamp } from '../../events/ids.ts';
import { toWire } from '../../events/wire.ts';
import {
  assertRoomFor,
  SessionStore,
  type CompositeSessionKey,
  type ListPage,
  type SessionSummary,
} from '../session-store.ts';
import {
  assertStateFits,
  assignState,
  hasKeys,
  mergeState,
  readState,
  splitState,
  takeTemporary,
  type StateMap,
} from '../state.ts';
import { addStored } from '../add-stored.ts';
import { EventCache, type EventCacheLimits } from '../event-cache.ts';
import { listSummaries } from './list-summaries.ts';
import { readEvents } from './read-events.ts';
import { prepareStatements, type LeasedSessionRow, type SessionRow, type Statements } from './statements.ts';
import { assertRoomOf } from '../../sqlite/disk-room.ts';
import { inTransaction, reading } from '../../sqlite/transaction.ts';

export interface SqliteSessionStoreOptions {
  database: Database;
  /** Milliseconds since the epoch. */
  now?: () => number;
  newId?: () => string;
  cache?: EventCacheLimits;
  /** Stops other users of the database before it is closed. */
  beforeClose?: () => void;
}

/** Sessions whose size is cached. */
const MOST_SIZES = 10_000;

type SessionName = Pick<Session, 'appName' | 'userId' | 'id'>;
/** Names contain no control characters. */
const nameOf = ({ appName, userId, id }: SessionName): string => `${appName}\0${userId}\0${id}`;

/** Sessions in one SQLite file, which several processes may share. Events are only ever added. */
export class SqliteSessionStore extends SessionStore {
  readonly #database: Database;
  readonly #statements: Statements;
  readonly #cache: EventCache<number>;
  /** Bytes of a session's events up to `seq`, by its name. Events are only added, so only later ones are summed. */
  readonly #sizes = new Map<string, { row: number; seq: number; bytes: number }>();
  readonly #tokens = new WeakMap<Session, number>();
  readonly #now: () => number;
  readonly #newId: () => string;
  readonly #beforeClose: (() => void) | undefined;

  constructor(options: SqliteSessionStoreOptions) {
    super();
    this.#database = options.database;
    this.#statements = prepareStatements(options.database);
    this.#cache = new EventCache(options.cache);
    this.#now = options.now ?? Date.now;
    this.#newId = options.newId ?? (() => crypto.randomUUID());
    this.#beforeClose = options.beforeClose;
  }

  override async createSession(request: CreateSessionRequest): Promise<Session> {
    const { appName, userId } = request;
    const id = request.sessionId ?? this.#newId();
    const initial = splitState(request.state);
    const text = JSON.stringify(initial.session);
    assertStateFits('session', text);
    const updatedUs = Math.round(this.#now() * 1000);
    const { state, row } = await inTransaction(this.#database, () => {
      const made = this.#statements.insertSession.run({
        appName,
        userId,
        id,
        state: text,
        updatedUs,
      });
      if (made.changes === 0) throw new AppError('SESSION_EXISTS', `Session already exists: ${id}`);
      this.#addToState(appName, userId, initial.app, initial.user);
      return {
        state: this.#mergedState(appName, userId, initial.session),
        row: Number(made.lastInsertRowid),
      };
    });
    this.#noteSize({ appName, userId, id }, { row, seq: 0, bytes: 0 });
    return { id, appName, userId, state, events: [], lastUpdateTime: updatedUs / 1000 };
  }

  override async getSession(request: GetSessionRequest): Promise<Session | undefined> {
    const { appName, userId, sessionId: id, config } = request;
    const row = reading(() => this.#statements.sessionWithStates.get({ appName, userId, id }));
    if (!row) return undefined;
    let events = config?.numRecentEvents === 0 ? [] : await this.#eventsOf({ appName, userId, id }, row);
    if (!events) return undefined;
    const { numRecentEvents, afterTimestamp } = config ?? {};
    if (afterTimestamp !== undefined) events = events.filter((event) => event.timestamp >= afterTimestamp);
    if (numRecentEvents !== undefined && numRecentEvents > 0) events = events.slice(-numRecentEvents);
    const state = mergeState({
      app: readState(row.app_state),
      user: readState(row.user_state),
      session: readState(row.state),
    });
    return { id, appName, userId, state, events, lastUpdateTime: row.updated_us / 1000 };
  }

  override async appendEvent({ session, event }: AppendEventRequest): Promise<Event> {
    if (event.partial) return event;
    const temporary = takeTemporary((event.actions.stateDelta ??= {}));
    const delta = splitState(event.actions.stateDelta);
    const { appName, userId, id } = session;
    const stored = await inTransaction(
      this.#database,
      () => {
        const row = this.#statements.leasedSession.get({ appName, userId, id });
        if (!row) throw new AppError('SESSION_NOT_FOUND', `Session not found: ${id}`);
        this.#checkWriter(session, row);
        if (event.author === 'user') assertRoomFor(event, this.#historyBytesOf(session, row));
        const timestamp = nextTimestamp(event.timestamp, row.updated_us / 1000);
        const text = JSON.stringify(toWire({ ...event, timestamp }));
        const seq = row.last_seq + 1;
        const state = hasKeys(delta.session)
          ? JSON.stringify(assignState(readState(row.state), delta.session))
          : row.state;
        if (state !== row.state) assertStateFits('session', state);
        this.#addToState(appName, userId, delta.app, delta.user);
        this.#statements.insertEvent.run({ row: row.row_id, seq, event: text });
        this.#statements.touchSession.run({
          row: row.row_id,
          state,
          updatedUs: Math.round(timestamp * 1000),
          seq,
        });
        return { timestamp, row, seq, bytes: text.length, octets: Buffer.byteLength(text) };
      },
      charsOf(event.content),
    );
    addStored(session, event, stored.timestamp);
    assignState(session.state, temporary);
    this.#cache.extend(stored.row.row_id, stored.seq, [event], stored.bytes);
    const { row, seq } = stored;
    const size = this.#sizes.get(nameOf(session));
    if (size?.row === row.row_id && size.seq === row.last_seq)
      this.#noteSize(session, { row: row.row_id, seq, bytes: size.bytes + stored.octets });
    return event;
  }

  override async deleteSession({ appName, userId, sessionId: id }: CompositeSessionKey): Promise<void> {
    const row = reading(() => this.#statements.session.get({ appName, userId, id }));
    if (!row) return;
    await inTransaction(this.#database, () => this.#statements.deleteSession.run({ row: row.row_id }));
    this.#cache.delete(row.row_id);
    this.#sizes.delete(nameOf({ appName, userId, id }));
  }

  override async listSummaries(
    owner: { appName: string; userId?: string },
    page: ListPage = {},
  ): Promise<{ sessions: SessionSummary[]; nextCursor?: string }> {
    return reading(() => listSummaries(this.#statements, owner, page));
  }

  #historyBytesOf(session: SessionName, { row_id: row, last_seq: seq }: SessionRow): number {
    const seen = this.#sizes.get(nameOf(session));
    const known = seen?.row === row ? seen : undefined;
    if (known?.seq === seq) return known.bytes;
    const later = this.#statements.historyBytes.get({ row, after: known?.seq ?? -1, upTo: seq })?.bytes ?? 0;
    return this.#noteSize(session, { row, seq, bytes: (known?.bytes ?? 0) + later });
  }

  #noteSize(session: SessionName, size: { row: number; seq: number; bytes: number }): number {
    const name = nameOf(session);
    this.#sizes.delete(name);
    this.#sizes.set(name, size);
    if (this.#sizes.size > MOST_SIZES) this.#sizes.delete(this.#sizes.keys().next().value ?? name);
    return size.bytes;
  }

  /** Does not include events that another process added after this process last read or wrote the session. */
  override historyBytes({ appName, userId, sessionId: id }: CompositeSessionKey): number {
    const session = { appName, userId, id };
    const known = this.#sizes.get(nameOf(session));
    if (known) return known.bytes;
    return reading(() => {
      const row = this.#statements.session.get(session);
      return row ? this.#historyBytesOf(session, row) : 0;
    });
  }

  override async probe(): Promise<void> {
    reading(() => this.#statements.probe.get());
    await assertRoomOf(this.#database);
  }

  override async close(): Promise<void> {
    this.#beforeClose?.();
    this.#database.close();
  }

  override bindLease(session: Session, token: number): void {
    this.#tokens.set(session, token);
  }

  #checkWriter(session: Session, row: LeasedSessionRow): void {
    const token = this.#tokens.get(session);
    if (token !== undefined) {
      if (row.lease_token !== token) throw new AppError('LEASE_LOST');
    } else if (row.run_id !== null) {
      // Even if its process is dead: its run must be ended before anyone else writes.
      throw sessionBusy(row.run_id);
    }
  }

  /** Undefined if the session was deleted in the meantime. */
  async #eventsOf(session: SessionName, row: SessionRow): Promise<Event[] | undefined> {
    const known = this.#cache.get(row.row_id);
    const { lastSeq: after, bytes } = known ?? { lastSeq: 0, bytes: 0 };
    const events = known?.events.slice(0, row.last_seq) ?? [];
    if (after >= row.last_seq) return events;
    const range = { row: row.row_id, after, upTo: row.last_seq };
    const size = reading(() => this.#historyBytesOf(session, row));
    const later = await readEvents(this.#statements, range, size - bytes);
    if (!later) return undefined;
    this.#cache.extend(row.row_id, after + 1, later.events, later.chars);
    events.push(...later.events);
    return events;
  }

  #mergedState(appName: string, userId: string, session: StateMap): StateMap {
    const app = readState(this.#statements.appState.get({ appName })?.state);
    const user = readState(this.#statements.userState.get({ appName, userId })?.state);
    return mergeState({ app, user, session });
  }

  #addToState(appName: string, userId: string, app: StateMap, user: StateMap): void {
    if (hasKeys(app)) {
      const before = readState(this.#statements.appState.get({ appName })?.state);
      const state = JSON.stringify(assignState(before, app));
      assertStateFits('app', state);
      this.#statements.putAppState.run({ appName, state });
    }
    if (hasKeys(user)) {
      const before = readState(this.#statements.userState.get({ appName, userId })?.state);
      const state = JSON.stringify(assignState(before, user));
      assertStateFits('user', state);
      this.#statements.putUserState.run({ appName, userId, state });
    }
  }
}
