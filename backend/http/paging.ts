import { z } from 'zod';
import { AppError } from '../errors/app-error.ts';
import type { AppContext } from './route.ts';
import { wirePageSize } from './wire/wire-schema.ts';

/** Where a list goes on; absent on the last page. */
export const NEXT_CURSOR_HEADER = 'x-next-cursor';

/** What every list takes. */
export const PAGE_QUERY = z.object({ limit: wirePageSize.optional(), cursor: z.string().optional() });

/** Members on a page where none is asked for, and at most. */
export const MEMBERS_A_PAGE = 1_000;

/**
 * One page of a list whose members are few bytes each, told apart by `idOf`; the header names where the next one begins.
 * Throws BAD_CURSOR for a cursor of which no member is known any more.
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
