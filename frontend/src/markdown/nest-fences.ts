interface OpenFence {
  line: number;
  mark: string;
  /** Its content is Markdown, which may hold fences of its own. */
  isMarkdown: boolean;
  /** Fences inside it that are open. */
  depth: number;
  /** The longest fence inside it; 0 where there is none. */
  longest: number;
}

const FENCE = /^(\s*)(`{3,}(?!`)|~{3,}(?!~))(.*)/u;
const MARKDOWN = /^(?:markdown|md|mdx)$/iu;

/**
 * Markdown in which a ```markdown fence may hold fences of the same length. Models write that; by CommonMark the first
 * inner fence that ends would end the outer one. The outer fence is made longer, and nothing else is changed. One that
 * never ends stays as it is.
 */
export function nestFences(text: string): string {
  if (!/[`~]{3}(?:markdown|md)/iu.test(text)) return text;
  const lines = text.split('\n');
  let open: OpenFence | undefined;
  for (const [index, line] of lines.entries()) {
    const [, indent = '', mark = '', info = ''] = FENCE.exec(line) ?? [];
    if (!mark) continue;
    const language = info.trim();
    if (!open) {
      const isFence = !(mark.startsWith('`') && language.includes('`'));
      if (isFence) {
        const isMarkdown = MARKDOWN.test(language.split(/\s/u)[0] ?? '');
        open = { line: index, mark, isMarkdown, depth: 0, longest: 0 };
      }
      continue;
    }
    if (mark[0] !== open.mark[0] || mark.length < open.mark.length) continue;
    if (language) {
      if (!open.isMarkdown || language.includes('`')) continue;
      open.depth += 1;
      open.longest = Math.max(open.longest, mark.length);
    } else if (open.depth > 0) {
      open.depth -= 1;
      open.longest = Math.max(open.longest, mark.length);
    } else {
      if (open.longest > 0) {
        const longer = (open.mark[0] ?? '`').repeat(open.longest + 1);
        lines[open.line] = (lines[open.line] ?? '').replace(open.mark, longer);
        lines[index] = indent + longer;
      }
      open = undefined;
    }
  }
  return lines.join('\n');
}
