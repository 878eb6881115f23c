import axe, { type AxeResults } from 'axe-core';
import type { ChatPage } from './chat-page.ts';

/** The page in both themes and both widths. */
export const LOOKS = [
  { theme: 'light', width: 1280, height: 820 },
  { theme: 'dark', width: 390, height: 844 },
  { theme: 'dark', width: 1280, height: 820 },
  { theme: 'light', width: 390, height: 844 },
] as const;

/** The page and its dialogs: nothing in them may be wider than they are. */
const FRAMES = ':root, dialog[open], header';

/** What axe finds wrong with what is on the page now, and which frames are too narrow for their content, one line each. */
export async function violations({ page }: ChatPage): Promise<string[]> {
  // Playwright evaluates outside the page's policy, as a browser extension would.
  await page.evaluate(axe.source);
  const { violations: found } = await page.evaluate<AxeResults>('axe.run()');
  const tooNarrow = await page.evaluate<string[]>(`[...document.querySelectorAll('${FRAMES}')]
    .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
    .map(({ tagName, scrollWidth, clientWidth }) =>
      'overflow: ' + tagName.toLowerCase() + ' by ' + (scrollWidth - clientWidth) + ' px')`);
  return [
    ...found.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}`)),
    ...tooNarrow,
  ];
}
