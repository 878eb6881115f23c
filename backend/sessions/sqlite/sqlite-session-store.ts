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
import { addOrReplace } from '../add-or-replace.ts';
import { EventCache } from '../event-cache.ts';
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
  /** Limit of the event cache, in bytes of stored text. */
  cacheBytes?: number;
  /** Stops other users of the database before it is closed. */
  beforeClose?: () => void;
}

const DEFAULT_CACHE_BYTES = 64 * 1024 * 1024;
/** Sessions whose size is cached. */
const MOST_SIZES = 10_000;

/** Sessions in one SQLite file, which several processes may share. Events are only ever added. */
export class SqliteSessionStore extends SessionStore {
  readonly #database: Database;
  readonly #statements: Statements;
  readonly #cache: EventCache<number>;
  /** Bytes of a session's events up to `seq`, by its row. Events are only added, so only later ones are summed. */
  readonly #sizes = new Map<number, { seq: number; bytes: number }>();
  readonly #tokens = new WeakMap<Session, number>();
  readonly #now: () => number;
  readonly #newId: () => string;
  readonly #beforeClose: (() => void) | undefined;

  constructor(options: SqliteSessionStoreOptions) {
    super();
    this.#database = options.database;
    this.#statements = prepareStatements(options.database);
    this.#cache = new EventCache(options.cacheBytes ?? DEFAULT_CACHE_BYTES);
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
    const state = await inTransaction(this.#database, () => {
      const made = this.#statements.insertSession.run({
        appName,
        userId,
        id,
        state: text,
        updatedUs,
      });
      if (made.changes === 0) throw new AppError('SESSION_EXISTS', `Session already exists: ${id}`);
      this.#addToState(appName, userId, initial.app, initial.user);
      return this.#mergedState(appName, userId, initial.session);
    });
    return { id, appName, userId, state, events: [], lastUpdateTime: updatedUs / 1000 };
  }

  override async getSession(request: GetSessionRequest): Promise<Session | undefined> {
    const { appName, userId, sessionId: id, config } = request;
    const row = reading(() => this.#statements.session.get({ appName, userId, id }));
    if (!row) return undefined;
    let events = config?.numRecentEvents === 0 ? [] : await this.#eventsOf(row);
    if (!events) return undefined;
    const { numRecentEvents, afterTimestamp } = config ?? {};
    if (afterTimestamp !== undefined) events = events.filter((event) => event.timestamp >= afterTimestamp);
    if (numRecentEvents !== undefined && numRecentEvents > 0) events = events.slice(-numRecentEvents);
    const state = reading(() => this.#mergedState(appName, userId, readState(row.state)));
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
        if (event.author === 'user') assertRoomFor(event, this.#historyBytesOf(row));
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
    event.timestamp = stored.timestamp;
    this.#cache.extend(stored.row.row_id, stored.seq, [event], stored.bytes);
    const size = this.#sizes.get(stored.row.row_id);
    if (size?.seq === stored.row.last_seq)
      this.#noteSize(stored.row.row_id, stored.seq, size.bytes + stored.octets);
    assignState(assignState(session.state, event.actions.stateDelta), temporary);
    session.lastUpdateTime = stored.timestamp;
    addOrReplace(session.events, event);
    return event;
  }

  override async deleteSession({ appName, userId, sessionId: id }: CompositeSessionKey): Promise<void> {
    const row = reading(() => this.#statements.session.get({ appName, userId, id }));
    if (!row) return;
    await inTransaction(this.#database, () => this.#statements.deleteSession.run({ row: row.row_id }));
    this.#cache.delete(row.row_id);
  }

  override async listSummaries(
    owner: { appName: string; userId?: string },
    page: ListPage = {},
  ): Promise<{ sessions: SessionSummary[]; nextCursor?: string }> {
    return reading(() => listSummaries(this.#statements, owner, page));
  }

  #historyBytesOf({ row_id: row, last_seq: seq }: SessionRow): number {
    const known = this.#sizes.get(row);
    if (known?.seq === seq) return known.bytes;
    const later = this.#statements.historyBytes.get({ row, after: known?.seq ?? -1, upTo: seq })?.bytes ?? 0;
    return this.#noteSize(row, seq, (known?.bytes ?? 0) + later);
  }

  #noteSize(row: number, seq: number, bytes: number): number {
    this.#sizes.delete(row);
    this.#sizes.set(row, { seq, bytes });
    if (this.#sizes.size > MOST_SIZES) this.#sizes.delete(this.#sizes.keys().next().value ?? row);
    return bytes;
  }

  override historyBytes({ appName, userId, sessionId: id }: CompositeSessionKey): number {
    return reading(() => {
      const row = this.#statements.session.get({ appName, userId, id });
      return row ? this.#historyBytesOf(row) : 0;
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

  /** Undefined if the session was deleted meanwhile. */
  async #eventsOf(row: SessionRow): Promise<Event[] | undefined> {
    const known = this.#cache.get(row.row_id);
    const { lastSeq: after, bytes } = known ?? { lastSeq: 0, bytes: 0 };
    const events = known?.events.slice(0, row.last_seq) ?? [];
    if (after >= row.last_seq) return events;
    const range = { row: row.row_id, after, upTo: row.last_seq };
    const size = reading(() => this.#historyBytesOf(row));
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
