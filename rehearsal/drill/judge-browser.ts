import type { BrowserNote } from './browser-client.ts';
import { isCount } from './read-shown.ts';

/** What Chromium showed of one message. Times are milliseconds since the fault. */
export interface BrowserSeen {
  /** Each sentence of the page, when it was first shown; and each button that was pressed. */
  shown: { afterMs: number; sentence: string }[];
  /** The time until the first new word after the switch; undefined if there was none. */
  recoveredMs: number | undefined;
  /** Why the answer is not complete, or a word was shown twice or left out; undefined if neither. */
  fault: string | undefined;
}

/** "Still no answer after 22 s." is the same sentence a second later. */
const withoutNumbers = (sentence: string): string => sentence.replaceAll(/\d+/g, '');

/** The fault was at `faultMs`, and the shared name led to the other cloud at `switchedMs`, both since the epoch. */
export function judgeBrowser(
  notes: readonly Exclude<BrowserNote, { kind: 'open' }>[],
  faultMs: number,
  switchedMs: number,
): BrowserSeen {
  const shown: BrowserSeen['shown'] = [];
  let recoveredMs: number | undefined;
  let fault: string | undefined;
  let most = 0;
  for (const note of notes) {
    const afterMs = note.atMs - faultMs;
    if (note.kind === 'answered') fault ??= note.fault;
    else if (note.kind === 'pressed') shown.push({ afterMs, sentence: `(pressed "${note.button}")` });
    else {
      if (!isCount(note.words)) fault ??= `a word was doubled or left out: ${note.words.slice(0, 200)}`;
      const count = note.words.split(' ').length;
      if (note.atMs >= switchedMs && count > most) recoveredMs ??= afterMs;
      most = Math.max(most, count);
      for (const sentence of note.read)
        if (!shown.some((one) => withoutNumbers(one.sentence) === withoutNumbers(sentence)))
          shown.push({ afterMs, sentence });
    }
  }
  return { shown: shown.filter(({ afterMs }) => afterMs > 0), recoveredMs, fault };
}
