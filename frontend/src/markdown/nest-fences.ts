interface OpenFence {
  line: number;
  mark: string;
  /** Whether its content is Markdown, which may contain fences. */
  isMarkdown: boolean;
  /** Number of open fences inside it. */
  depth: number;
  /** Length of the longest fence inside it; 0 if there is none. */
  longest: number;
}

const FENCE = /^(\s*)(`{3,}(?!`)|~{3,}(?!~))(.*)/u;
const MARKDOWN = /^(?:markdown|md|mdx)$/iu;

/**
 * Lets a ```markdown fence contain fences of the same length, which models write. By CommonMark the first inner closing
 * fence would close the outer one. Makes the outer fence longer and changes nothing else. A fence that is never closed
 * stays as it is.
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
