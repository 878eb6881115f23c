import type { Root, RootContent } from 'hast';

/**
 * The outermost of these get a direction. HTML's `auto` skips content with its own direction, so no inner one may have
 * one.
 */
const BLOCKS = /^(?:p|ul|ol|blockquote|table|h[1-6])$/u;

/** Gives each block the direction of its own first letter: an answer may mix Hebrew and English. */
export function rehypeDirection() {
  return (tree: Root): void => visit(tree.children);
}

function visit(nodes: RootContent[]): void {
  for (const node of nodes) {
    if (node.type !== 'element') continue;
    if (BLOCKS.test(node.tagName)) node.properties['dir'] = 'auto';
    else visit(node.children);
  }
}
