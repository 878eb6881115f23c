/** The name of the highlight in CSS. */
const HIGHLIGHT = 'found-words';

/**
 * Scrolls to the first place in the element that holds the words, opens what hides it, and marks the words as the
 * browser's own search does. Scrolls to the element if they are not in its text as they were searched for: the search
 * looks in the text before it is formatted.
 */
export function showWords(element: HTMLElement, words: string): void {
  const ranges = findWords(element, words);
  CSS.highlights.set(HIGHLIGHT, new Highlight(...ranges));
  const found = ranges[0]?.startContainer.parentElement ?? undefined;
  for (let hider = closed(found); hider; hider = closed(hider)) hider.open = true;
  if (found) found.scrollIntoView({ block: 'center' });
  else element.scrollIntoView();
}

/** Ends the marks of `showWords`. */
export function unmarkWords(): void {
  CSS.highlights.delete(HIGHLIGHT);
}

const closed = (element: Element | undefined): HTMLDetailsElement | null =>
  element?.closest<HTMLDetailsElement>('details:not([open])') ?? null;

/** Also across bold text and line breaks. */
function findWords(element: HTMLElement, words: string): Range[] {
  const nodes: { node: Text; from: number }[] = [];
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  let text = '';
  while (walker.nextNode()) {
    const node = walker.currentNode as Text;
    nodes.push({ node, from: text.length });
    text += node.data;
  }
  const pattern = words
    .trim()
    .split(/\s+/u)
    .map((word) => RegExp.escape(word))
    .join(String.raw`\s+`);
  const pointAt = (at: number): [Text, number] => {
    const { node, from } = nodes.findLast((one) => one.from <= at) ?? { node: new Text(), from: 0 };
    return [node, at - from];
  };
  return [...text.matchAll(new RegExp(pattern, 'giu'))].map((match) => {
    const range = new Range();
    range.setStart(...pointAt(match.index));
    const [last, at] = pointAt(match.index + match[0].length - 1);
    range.setEnd(last, at + 1);
    return range;
  });
}
