import { z } from 'zod';
import { AppError } from '../errors/app-error.ts';
import type { AppContext } from './route.ts';
import { wirePageSize } from './wire/wire-schema.ts';

/** Cursor of the next page; absent on the last page. */
export const NEXT_CURSOR_HEADER = 'x-next-cursor';

/** Query parameters of every paged list. */
export const PAGE_QUERY = z.object({ limit: wirePageSize.optional(), cursor: z.string().optional() });

/** Default and largest page size. */
export const MEMBERS_A_PAGE = 1_000;

/**
 * One page of a list with small members, identified by `idOf`; the header holds the next page's cursor. Throws
 * BAD_CURSOR if the cursor's member no longer exists.
 */
export function pageOf<T>(
  members: readonly T[],
  idOf: (member: T) => string,
  { limit = MEMBERS_A_PAGE, cursor }: z.output<typeof PAGE_QUERY>,
  context: AppContext,
): T[] {
  const given = cursor === undefined ? undefined : Buffer.from(cursor, 'base64url').toString();
  const after = given === undefined ? -1 : members.findIndex((member) => idOf(member) === given);
  if (cursor !== undefined && after < 0) throw new AppError('BAD_CURSOR');
  const end = after + 1 + Math.min(limit, MEMBERS_A_PAGE);
  const page = members.slice(after + 1, end);
  const last = page.at(-1);
  if (last !== undefined && end < members.length)
    context.header(NEXT_CURSOR_HEADER, Buffer.from(idOf(last)).toString('base64url'));
  return page;
}
