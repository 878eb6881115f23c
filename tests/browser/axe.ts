import axe, { type AxeResults } from 'axe-core';
import type { ChatPage } from './chat-page.ts';

/** The page in both themes and both widths. */
export const LOOKS = [
  { theme: 'light', width: 1280, height: 820 },
  { theme: 'dark', width: 390, height: 844 },
  { theme: 'dark', width: 1280, height: 820 },
  { theme: 'light', width: 390, height: 844 },
] as const;

/** What axe finds wrong with what is on the page now, one line each. */
export async function violations({ page }: ChatPage): Promise<string[]> {
  // Playwright evaluates outside the page's policy, as a browser extension would.
  await page.evaluate(axe.source);
  const { violations: found } = await page.evaluate<AxeResults>('axe.run()');
  return found.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}`));
}
