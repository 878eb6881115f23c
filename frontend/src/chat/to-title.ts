const MAX_CHARACTERS = 60;

/** A conversation's name from its first message: one line, cut at a word. */
export function toTitle(message: string): string {
  const line = message.replaceAll(/\s+/gu, ' ').trim();
  const characters = Array.from(line);
  if (characters.length <= MAX_CHARACTERS) return line || 'New conversation';
  const cut = characters.slice(0, MAX_CHARACTERS).join('');
  const lastSpace = cut.lastIndexOf(' ');
  return `${lastSpace > MAX_CHARACTERS / 2 ? cut.slice(0, lastSpace) : cut}…`;
}
