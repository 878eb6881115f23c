import { readTitle } from '../api/sessions.ts';
import type { Session } from '../api/types.ts';
import type { Branch } from './branches.ts';

/** State key for the page's own data of a conversation, besides the title that ADK's own page reads too. */
export const PAGE_KEY = 'lornu_page';
/** State key in which the service stores the secret of a conversation's read-only link. */
export const SHARE_KEY = 'lornu_share';

export interface ConversationSummary {
  id: string;
  title: string;
  /** Seconds since the epoch. */
  lastUpdateTime: number;
  isPinned: boolean;
  branch: Branch | undefined;
  /** Secret of its read-only link, if it is shared. */
  secret: string | undefined;
}

export function toSummary(session: Session): ConversationSummary {
  const page = session.state?.[PAGE_KEY];
  const { isPinned, branch } = (typeof page === 'object' && page ? page : {}) as Record<string, unknown>;
  const secret = session.state?.[SHARE_KEY];
  return {
    id: session.id,
    title: readTitle(session) ?? 'Untitled conversation',
    lastUpdateTime: session.lastUpdateTime ?? 0,
    isPinned: isPinned === true,
    branch: toBranch(branch),
    secret: typeof secret === 'string' ? secret : undefined,
  };
}

/** The page's complete part of the state: a change replaces it. */
export function pageState({
  isPinned,
  branch,
}: Pick<ConversationSummary, 'isPinned' | 'branch'>): Record<string, unknown> {
  return { [PAGE_KEY]: { ...(isPinned ? { isPinned } : {}), ...(branch ? { branch } : {}) } };
}

function toBranch(value: unknown): Branch | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { of, turn } = value as Record<string, unknown>;
  return typeof of === 'string' && typeof turn === 'number' ? { of, turn } : undefined;
}
