const MAX_CHARACTERS = 60;
/** A family emoji or a flag is several code points and one character. */
const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** A conversation's title from its first message: one line, cut at a word. */
export function toTitle(message: string): string {
  const line = message.replaceAll(/\s+/gu, ' ').trim();
  let cut = '';
  let characters = 0;
  for (const { segment } of segmenter.segment(line)) {
    if (++characters > MAX_CHARACTERS) break;
    cut += segment;
  }
  if (cut.length === line.length) return line || 'New conversation';
  const lastSpace = cut.lastIndexOf(' ');
  return `${lastSpace > MAX_CHARACTERS / 2 ? cut.slice(0, lastSpace) : cut}…`;
}
