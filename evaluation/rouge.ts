import { porterStem } from './porter-stem.ts';

/** Written without spaces, each character a word: Chinese, Japanese, Korean. */
const CJK = /[\u4E00-\u9FFF\u3040-\u309F\u30A0-\u30FF\uAC00-\uD7AF]/u;
/** Written without spaces, each base character with its marks a word: Thai, Lao, Khmer, Myanmar. */
const NON_SPACED = /[\u0E00-\u0E7F\u0E80-\u0EFF\u1780-\u17FF\u1000-\u109F]/u;
const MARK = /\p{M}/u;
/** Python's str.isalnum() and combining marks. */
const WORD_CHARACTER = /[\p{L}\p{N}\p{M}]/u;

/** A text's words as google-adk 2.13 counts them (evaluation/final_response_match_v1.py). */
export function tokenize(text: string): string[] {
  let spaced = '';
  for (const character of text.normalize('NFKC').toLowerCase()) {
    if (CJK.test(character)) spaced += ` ${character} `;
    else if (NON_SPACED.test(character)) spaced += MARK.test(character) ? character : ` ${character}`;
    else spaced += WORD_CHARACTER.test(character) ? character : ' ';
  }
  return spaced
    .split(/\s+/u)
    .filter(Boolean)
    .map((word) => (word.length > 3 && /^[a-z0-9]+$/u.test(word) ? porterStem(word) : word));
}

/** ROUGE-1's F-measure of two texts, from 0 to 1: the share of words that they have in common. */
export function rouge1(candidate: string, reference: string): number {
  const wanted = tokenize(reference);
  const given = tokenize(candidate);
  if (wanted.length === 0 || given.length === 0) return 0;
  const left = new Map<string, number>();
  for (const word of wanted) left.set(word, (left.get(word) ?? 0) + 1);
  let common = 0;
  for (const word of given) {
    const count = left.get(word) ?? 0;
    if (count === 0) continue;
    common += 1;
    left.set(word, count - 1);
  }
  const precision = common / given.length;
  const recall = common / wanted.length;
  return precision + recall > 0 ? (2 * precision * recall) / (precision + recall) : 0;
}
