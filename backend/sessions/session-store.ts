import { AppError } from '../errors/app-error.ts';
import {
  BaseSessionService,
  type CompositeSessionKey,
  type ListSessionsRequest,
  type ListSessionsResponse,
  type Session,
} from '@google/adk';

/** What a list shows of a session: everything but its events. */
export interface SessionSummary {
  id: string;
  appName: string;
  userId: string;
  state: Record<string, unknown>;
  /** Seconds since the epoch, with microseconds, as Python ADK counts. */
  lastUpdateTime: number;
}

/** Sessions on a page where none is asked for, and at most. */
const SESSIONS_A_PAGE = 100;
const MOST_SESSIONS_A_PAGE = 1_000;
/** A page ends early rather than be longer than this, in characters of the JSON of its states. */
const PAGE_CHARS = 2 * 1024 * 1024;

/** Most bytes of a conversation's events as they are stored: a turn and a reader have all of them in memory. */
const MAX_HISTORY_BYTES = 32 * 1024 * 1024;

/**
 * Throws NOT_STORABLE for a message to a conversation that has no room for it. What an agent answers is always stored: a turn
 * that has begun ends in order.
 */
export function assertRoomFor(author: string | undefined, storedBytes: number): void {
  if (author !== 'user' || storedBytes <= MAX_HISTORY_BYTES) return;
  throw new AppError(
    'NOT_STORABLE',
    `This conversation is too long: it holds ${storedBytes} bytes, and ${MAX_HISTORY_BYTES} are the most. Begin a new session.`,
  );
}

export interface ListPage {
  /** At most this many, and fewer where their states are large; `pageSize` bounds it. */
  limit?: number;
  /** Where the page before ended: opaque, taken from `nextCursor`. */
  cursor?: string;
}

/** How many sessions a page has, by what was asked for. */
export function pageSize(limit: number | undefined): number {
  return Math.min(Math.max(1, limit ?? SESSIONS_A_PAGE), MOST_SESSIONS_A_PAGE);
}

/** Where a page ended, as its reader gives it back. */
export function writeCursor(place: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** The place in a cursor; empty for what is no cursor: whatever is wrong with one, the remedy is the same. */
export function placeOf(cursor: string): unknown[] {
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(place) ? place : [];
  } catch {
    return [];
  }
}

/** Fills a page: each session counts with its own state and the shared ones, which each row repeats. */
export class PageRoom {
  #left = PAGE_CHARS;

  /** Whether one more row was let in; the first always is. */
  take(chars: number): boolean {
    const isFirst = this.#left === PAGE_CHARS;
    const left = this.#left - chars;
    if (left < 0 && !isFirst) return false;
    this.#left = left;
    return true;
  }

  /** How many more rows of this size there is room for; at least one. */
  roomFor(chars: number): number {
    return Math.max(1, Math.floor(this.#left / Math.max(1, chars)));
  }
}

/**
 * The store of conversations: ADK's interface, and what the service needs beside it.
 *
 * Rules for every implementation:
 * - `appendEvent` is atomic: event, session state, `app:` and `user:` state and the session's time change together or not at all.
 * - an event's timestamp is at least one microsecond after the one before it (Python orders a session by timestamp).
 * - `temp:` state is never stored; partial events are never stored.
 * - a turn never copies the whole session: `getSession` reads once, `appendEvent` adds to the object it was given.
 */
export abstract class SessionStore extends BaseSessionService {
  /** A page of sessions without their events: of one user, newest first; of all where none is named, by user and id. */
  abstract listSummaries(
    owner: { appName: string; userId?: string },
    page?: ListPage,
  ): Promise<{ sessions: SessionSummary[]; nextCursor?: string }>;

  /**
   * Bytes of a conversation's events as they are stored, as far as that is known without reading them; 0 where it is not.
   * What reads or continues a conversation counts them before it takes memory for them.
   */
  abstract historyBytes(key: CompositeSessionKey): number;

  /** From now on this session object may write only while the session's lease still has this token. */
  abstract bindLease(session: Session, token: number): void;

  /** Fails where the store cannot be read; used by /ready. Bounded by the caller. */
  abstract probe(): Promise<void>;

  abstract close(): Promise<void>;

  /** ADK's own form of the list, for agents and tools that ask for it, of at most one page; our routes use listSummaries. */
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
