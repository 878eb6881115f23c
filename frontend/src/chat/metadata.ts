import { readTitle } from '../api/sessions.ts';
import type { Session } from '../api/types.ts';
import type { Branch } from './branches.ts';

/** What the page keeps of a conversation in its state, beside the title that ADK's own page reads too. */
export const PAGE_KEY = 'lornu_page';
/** Where the service keeps the secret of a conversation's read-only link. */
export const SHARE_KEY = 'lornu_share';

export interface ConversationSummary {
  id: string;
  title: string;
  /** Seconds since the epoch. */
  lastUpdateTime: number;
  isPinned: boolean;
  branch: Branch | undefined;
  /** Of its read-only link, where it is shared. */
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

/** The page's part of the state, whole: a change replaces it. */
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
