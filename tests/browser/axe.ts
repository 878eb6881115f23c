import axe, { type AxeResults } from 'axe-core';
import type { ChatPage } from './chat-page.ts';

/** The page in both themes and both widths. */
export const LOOKS = [
  { theme: 'light', width: 1280, height: 820 },
  { theme: 'dark', width: 390, height: 844 },
  { theme: 'dark', width: 1280, height: 820 },
  { theme: 'light', width: 390, height: 844 },
] as const;

/** The page, its dialogs and menus: nothing in them may be wider than they are. */
const FRAMES = ':root, dialog[open], header, [role=menu]';
/** Always whole inside the window. */
const INSIDE = 'dialog[open], [role=menu]';

/** What axe finds wrong with what is on the page now, and what is too narrow for its content or cut, one line each. */
export async function violations({ page }: ChatPage): Promise<string[]> {
  // Playwright evaluates outside the page's policy, as a browser extension would.
  await page.evaluate(axe.source);
  const { violations: found } = await page.evaluate<AxeResults>('axe.run()');
  const tooNarrow = await page.evaluate<string[]>(`[...document.querySelectorAll('${FRAMES}')]
    .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
    .map(({ tagName, scrollWidth, clientWidth }) =>
      'overflow: ' + tagName.toLowerCase() + ' by ' + (scrollWidth - clientWidth) + ' px')`);
  const cut = await page.evaluate<string[]>(`[...document.querySelectorAll('${INSIDE}')]
    .map((element) => element.getBoundingClientRect())
    .filter(({ left, top, right, bottom }) => left < 0 || top < 0 || right > innerWidth || bottom > innerHeight)
    .map((box) => 'outside the window: ' + JSON.stringify(box))`);
  return [
    ...found.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}`)),
    ...tooNarrow,
    ...cut,
  ];
}
