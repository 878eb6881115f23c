import type { AppContext } from '../route.ts';
import { pageAnswer } from './page-answer.ts';
import type { PageFiles } from './page-files.ts';

/** The page's file for a path that no route matched; undefined if there is none. */
export async function servePage(
  page: PageFiles | undefined,
  context: AppContext,
): Promise<Response | undefined> {
  const { method, path } = context.req;
  if (!page || (method !== 'GET' && method !== 'HEAD')) return undefined;
  const file = await page.get(path.slice(1));
  return file ? pageAnswer(file, context.req.raw) : undefined;
}
