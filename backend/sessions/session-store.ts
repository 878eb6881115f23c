import { AppError } from '../errors/app-error.ts';
import { charsOf } from '../json/chars-of.ts';
import {
  BaseSessionService,
  type CompositeSessionKey,
  type Event,
  type ListSessionsRequest,
  type ListSessionsResponse,
  type Session,
} from '@google/adk';

/** A session in a list: everything except its events. */
export interface SessionSummary {
  id: string;
  appName: string;
  userId: string;
  state: Record<string, unknown>;
  /** Seconds since the epoch, with microseconds, as in Python ADK. */
  lastUpdateTime: number;
}

/** Default and largest page size. */
const SESSIONS_A_PAGE = 100;
const MOST_SESSIONS_A_PAGE = 1_000;
/** Most characters of a page, counting the JSON of its states; a page ends early at this limit. */
const PAGE_CHARS = 2 * 1024 * 1024;

/** Most stored bytes of a session's events: a turn and a reader hold all of them in memory. */
const MAX_HISTORY_BYTES = 32 * 1024 * 1024;

/**
 * Throws NOT_STORABLE if the session has no room for this message. An agent's answer is always stored, so that a turn
 * that has begun can finish.
 */
export function assertRoomFor(
  { author, content }: Pick<Event, 'author' | 'content'>,
  storedBytes: number,
): void {
  if (author !== 'user') return;
  const bytes = storedBytes + charsOf(content);
  if (bytes <= MAX_HISTORY_BYTES) return;
  throw new AppError(
    'NOT_STORABLE',
    `This conversation is too long: with this message it would hold ${bytes} bytes, and ${MAX_HISTORY_BYTES} are the most. Begin a new session.`,
  );
}

export interface ListPage {
  /** Page size, limited by `pageSize`; pages with large states have fewer entries. */
  limit?: number;
  /** End of the previous page: opaque, from `nextCursor`. */
  cursor?: string;
}

/** The page size for a requested limit. */
export function pageSize(limit: number | undefined): number {
  return Math.min(Math.max(1, limit ?? SESSIONS_A_PAGE), MOST_SESSIONS_A_PAGE);
}

/** Encodes the end of a page as a cursor. */
export function writeCursor(place: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** Decodes a cursor; empty if it is invalid, as every invalid cursor is handled alike. */
export function placeOf(cursor: string): unknown[] {
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(place) ? place : [];
  } catch {
    return [];
  }
}

/** Limits the size of a page: each session counts with its own state and the shared state that each row repeats. */
export class PageRoom {
  #left = PAGE_CHARS;

  /** Whether one more row fits; the first always does. */
  take(chars: number): boolean {
    const isFirst = this.#left === PAGE_CHARS;
    const left = this.#left - chars;
    if (left < 0 && !isFirst) return false;
    this.#left = left;
    return true;
  }

  /** How many more rows of this size fit; at least one. */
  roomFor(chars: number): number {
    return Math.max(1, Math.floor(this.#left / Math.max(1, chars)));
  }
}

/**
 * The session store: ADK's interface, plus what the service needs.
 *
 * Rules for every implementation:
 * - `appendEvent` is atomic: event, session state, `app:` and `user:` state and the session's time change together or
 * not at all.
 * - an event's timestamp is at least one microsecond after the previous one's (Python orders a session by timestamp).
 * - `temp:` state is never stored; partial events are never stored.
 * - a turn never copies the whole session: `getSession` reads once, `appendEvent` adds to the object it was given.
 */
export abstract class SessionStore extends BaseSessionService {
  /**
   * A page of sessions without their events: of one user, newest first; without a user, of all users, by user and id.
   */
  abstract listSummaries(
    owner: { appName: string; userId?: string },
    page?: ListPage,
  ): Promise<{ sessions: SessionSummary[]; nextCursor?: string }>;

  /**
   * Stored bytes of a session's events, if known without reading them; else 0. Code that reads or continues a session
   * counts them against the budget before it takes memory.
   */
  abstract historyBytes(key: CompositeSessionKey): number;

  /** `getSession` for a run that has just begun: a store that has read the session for that need not read it again. */
  async getBegunSession(key: CompositeSessionKey): Promise<Session | undefined> {
    return this.getSession(key);
  }

  /** From now on this session object may only write while the session's lease has this token. */
  abstract bindLease(session: Session, token: number): void;

  /**
   * The events whose append to this session object got no response, in a store where they may have been stored all the
   * same. Afterwards they are stored. Call it before an interrupted turn is closed; each event is returned once.
   */
  async settleUnanswered(_session: Session): Promise<Event[]> {
    return [];
  }

  /** Throws if the store cannot be read; used by /ready. The caller sets a time limit. */
  abstract probe(): Promise<void>;

  abstract close(): Promise<void>;

  /** ADK's form of the list, for agents and tools that ask for it; at most one page. Our routes use listSummaries. */
  override async listSessions(request: ListSessionsRequest): Promise<ListSessionsResponse> {
    const { limit: asked, appName, userId } = request;
    const start = request.page && asked ? (request.page - 1) * asked : (request.offset ?? 0);
    const page = asked === undefined ? {} : { limit: start + asked };
    const { sessions } = await this.listSummaries({ appName, userId }, page);
    if (request.order === 'asc') sessions.reverse();
    const limit = asked ?? sessions.length;
    const offset = request.page ? (request.page - 1) * limit : start;
    return {
      sessions: sessions
        .slice(offset, offset + limit)
        .map((summary) => ({ ...summary, events: [], lastUpdateTime: summary.lastUpdateTime * 1000 })),
      page: limit > 0 ? Math.floor(offset / limit) + 1 : 1,
      limit,
      totalItems: sessions.length,
      totalPages: limit > 0 ? Math.ceil(sessions.length / limit) : 1,
    };
  }
}

export type { CompositeSessionKey, Session };
