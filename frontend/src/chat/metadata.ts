import { readTitle } from '../api/sessions.ts';
import type { Session } from '../api/types.ts';
import type { Branch } from './branches.ts';

/** State key for the page's own data of a conversation, besides the title that ADK's own page reads too. */
export const PAGE_KEY = 'lornu_page';
/** Longer than a change takes, and shorter than a person takes to say something after it and be answered. */
const CHANGE_WITHIN_S = 2;
/** State key in which the service stores the secret of a conversation's read-only link. */
export const SHARE_KEY = 'lornu_share';

export interface ConversationSummary {
  id: string;
  title: string;
  /** When something was last said, in seconds since the epoch. */
  saidAt: number;
  isPinned: boolean;
  branch: Branch | undefined;
  /** Secret of its read-only link, if it is shared. */
  secret: string | undefined;
}

export function toSummary(session: Session): ConversationSummary {
  const page = session.state?.[PAGE_KEY];
  const { isPinned, branch, changed } = (typeof page === 'object' && page ? page : {}) as Record<
    string,
    unknown
  >;
  const secret = session.state?.[SHARE_KEY];
  return {
    id: session.id,
    title: readTitle(session) ?? 'Untitled conversation',
    saidAt: toSaidAt(session.lastUpdateTime ?? 0, changed),
    isPinned: isPinned === true,
    branch: toBranch(branch),
    secret: typeof secret === 'string' ? secret : undefined,
  };
}

export const newestFirst = (list: readonly ConversationSummary[]): ConversationSummary[] =>
  list.toSorted((a, b) => b.saidAt - a.saidAt);

/** The list when a turn begins in one of its conversations, which moves to the top. */
export function withTurnBegun(
  list: readonly ConversationSummary[],
  id: string,
  nowSeconds: number,
): ConversationSummary[] {
  // The other times are the service's; the clock of this device may be behind them.
  const saidAt = Math.max(nowSeconds, ...list.map((one) => one.saidAt + 0.001));
  return newestFirst(list.map((one) => (one.id === id ? { ...one, saidAt } : one)));
}

/** The page's complete part of the state: a change replaces it. `changed` is absent for a new conversation. */
export function pageState({
  isPinned,
  branch,
  changed,
}: Pick<ConversationSummary, 'isPinned' | 'branch'> & { changed?: Change }): Record<string, unknown> {
  return {
    [PAGE_KEY]: {
      ...(isPinned ? { isPinned } : {}),
      ...(branch ? { branch } : {}),
      ...(changed ? { changed } : {}),
    },
  };
}

/**
 * A rename, a pin or a link also updates the session, but must not move the conversation in the list. Both times are in
 * seconds since the epoch.
 */
export interface Change {
  at: number;
  /** When something was last said before. */
  saidAt: number;
}

/** The session's own time, unless that is the time of the last change. */
function toSaidAt(lastUpdateTime: number, changed: unknown): number {
  if (typeof changed !== 'object' || changed === null) return lastUpdateTime;
  const { at, saidAt } = changed as Record<string, unknown>;
  const isOfChange = typeof at === 'number' && Math.abs(lastUpdateTime - at) < CHANGE_WITHIN_S;
  return isOfChange && typeof saidAt === 'number' ? Math.min(saidAt, lastUpdateTime) : lastUpdateTime;
}

function toBranch(value: unknown): Branch | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { of, turn, at } = value as Record<string, unknown>;
  if (typeof of !== 'string' || typeof turn !== 'number') return undefined;
  return { of, turn, ...(typeof at === 'number' ? { at } : {}) };
}
