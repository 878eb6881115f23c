const segmenter = new Intl.Segmenter(undefined, { granularity: 'sentence' });
const FENCE = /^\s*(?:`{3,}|~{3,})/u;

/** Splits a growing Markdown text into sentences for announcements: each once, as soon as it is complete. */
export class Sentences {
  /** Everything before this position was returned. */
  #at = 0;
  #isInCode = false;

  /** The sentences that were completed since the last call; with `isEnd`, the rest too. */
  next(text: string, isEnd = false): string[] {
    // A text that was replaced by a shorter one continues from its end: nothing is repeated.
    this.#at = Math.min(this.#at, text.length);
    const found: string[] = [];
    for (let end = text.indexOf('\n', this.#at); end >= 0; end = text.indexOf('\n', this.#at)) {
      found.push(...this.#line(text.slice(this.#at, end)));
      this.#at = end + 1;
    }
    const rest = text.slice(this.#at);
    if (isEnd) {
      found.push(...this.#line(rest));
      this.#at = text.length;
    } else if (!this.#isInCode && !/^\s*[`~|]/u.test(rest)) {
      const whole = [...segmenter.segment(rest)].slice(0, -1).map(({ segment }) => segment);
      found.push(...whole.map(toSpoken).filter(Boolean));
      this.#at += whole.reduce((sum, sentence) => sum + sentence.length, 0);
    }
    return found;
  }

  #line(line: string): string[] {
    if (FENCE.test(line)) {
      this.#isInCode = !this.#isInCode;
      return this.#isInCode ? ['Code.'] : [];
    }
    if (this.#isInCode) return [];
    const spoken = toSpoken(line);
    return spoken ? [...segmenter.segment(spoken)].map(({ segment }) => segment.trim()).filter(Boolean) : [];
  }
}

/** Markdown as plain text for speech, without the line below a table's head. */
function toSpoken(text: string): string {
  if (/^[\s|:-]+$/u.test(text)) return '';
  const words = text
    .replace(/^\s*(?:#{1,6}|>|[-*+]|\d+[.)])\s+/u, '')
    .replaceAll(/!?\[([^[\]]{0,300})\]\([^()]{0,1000}\)/gu, '$1')
    .replaceAll(/[*_~`]+/gu, '');
  const cells = words.split('|').map((cell) => cell.trim());
  return cells.filter(Boolean).join(', ');
}
