const MAX_CHARACTERS = 60;
/** If the first sentence is shorter ("Hello."), the title does not end after it. */
const SHORTEST_SENTENCE = 16;
/** Only this many characters are read, because a title is far shorter. */
const LOOKED_AT = 2_000;
/** A family emoji or a flag is several code points and one character. */
const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Opening words that say nothing about the topic. */
const COURTESY =
  /^(?:(?:hi|hello|hey|dear \w+|good (?:morning|afternoon|evening)|thanks|thank you|please|(?:can|could|would|will) you(?: please)?(?= \w)|i(?:'d| would) like (?:you )?to|i (?:want|need) (?:you )?to|help me(?: to)?)(?:[\s,!.]+|$))+/iu;

/** A conversation's title from its first message: what it asks for, on one line, cut at a word. */
export function toTitle(message: string): string {
  const line = toLine(message);
  const asked = line.replace(COURTESY, '');
  return cut(firstSentence(asked || line)) || 'New conversation';
}

/**
 * A title from the first answer, if the first message has no topic, such as "hello". Undefined if the title of the
 * message is better, or if the answer has no words.
 */
export function toTitleOfAnswer(message: string, answer: string): string | undefined {
  const isEmpty =
    toLine(message)
      .replace(COURTESY, '')
      .replaceAll(/[\p{P}\p{S}\s]/gu, '') === '';
  const heading = /^#{1,6} (.+)$/mu.exec(answer)?.[1];
  const words = cut(firstSentence(toLine(heading ?? answer).replace(COURTESY, '')));
  return isEmpty && words ? words : undefined;
}

/** Markdown's marks, addresses and line ends are noise in a list of titles. */
function toLine(text: string): string {
  return text
    .slice(0, LOOKED_AT)
    .replaceAll(/```[\w-]*|[*_]{2,}|^[>#]+ +|`/gmu, '')
    .replaceAll(/\[([^[\]]*)\]\([^()]*\)/gu, '$1')
    .replaceAll(/https?:\/\/(?:www\.)?([^\s/]+)\S*/gu, '$1')
    .replaceAll(/\s+/gu, ' ')
    .trim();
}

function firstSentence(line: string): string {
  for (const { index, 0: end } of line.matchAll(/[.!?](?= )|[。！？]/gu)) {
    const sentence = line.slice(0, index + end.length);
    if (sentence.length >= SHORTEST_SENTENCE) return sentence.replace(/[.。]$/u, '');
  }
  return line;
}

function cut(line: string): string {
  let start = '';
  let characters = 0;
  for (const { segment } of segmenter.segment(line)) {
    if (++characters > MAX_CHARACTERS) break;
    start += segment;
  }
  if (start.length === line.length) return line;
  const lastSpace = start.lastIndexOf(' ');
  return `${lastSpace > MAX_CHARACTERS / 2 ? start.slice(0, lastSpace) : start}…`;
}
