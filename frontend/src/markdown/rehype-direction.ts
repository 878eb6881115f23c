import type { Root, RootContent } from 'hast';

/** Elements that are paragraphs of their own to the bidirectional algorithm. */
const BLOCKS = /^(?:p|ul|ol|li|blockquote|table|th|td|h[1-6])$/u;

/** Each block runs in the direction of its own first letter: an answer may mix Hebrew and English. */
export function rehypeDirection() {
  return (tree: Root): void => visit(tree.children);
}

function visit(nodes: RootContent[]): void {
  for (const node of nodes) {
    if (node.type !== 'element') continue;
    if (BLOCKS.test(node.tagName)) node.properties['dir'] = 'auto';
    visit(node.children);
  }
}
