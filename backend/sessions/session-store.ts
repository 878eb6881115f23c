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

export interface ListPage {
  /** At most this many; all when left out. */
  limit?: number;
  /** Where the page before ended: opaque, taken from `nextCursor`. */
  cursor?: string;
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
  /** Sessions without their events, newest first: of one user, or of all where none is named (then without pages). */
  abstract listSummaries(
    owner: { appName: string; userId?: string },
    page?: ListPage,
  ): Promise<{ sessions: SessionSummary[]; nextCursor?: string }>;

  /** From now on this session object may write only while the session's lease still has this fencing token. */
  abstract bindFence(session: Session, fence: number): void;

  /** Fails where the store cannot be read; used by /ready. Bounded by the caller. */
  abstract probe(): Promise<void>;

  abstract close(): Promise<void>;

  /** ADK's own form of the list, for agents and tools that ask for it; our routes use listSummaries. */
  override async listSessions(request: ListSessionsRequest): Promise<ListSessionsResponse> {
    const { sessions } = await this.listSummaries({ appName: request.appName, userId: request.userId });
    if (request.order === 'asc') sessions.reverse();
    const limit = request.limit ?? sessions.length;
    const offset = request.page ? (request.page - 1) * limit : (request.offset ?? 0);
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
