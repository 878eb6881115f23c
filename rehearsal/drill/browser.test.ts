import { expect, test } from 'bun:test';
import type { BrowserNote } from './browser-client.ts';
import { cachedNames } from './cached-names.ts';
import { judgeBrowser } from './judge-browser.ts';
import { isCount, readShown } from './read-shown.ts';

type Note = Exclude<BrowserNote, { kind: 'open' }>;
const shown = (atMs: number, words: string, ...read: string[]): Note => ({
  kind: 'shown',
  id: 'p',
  atMs,
  words,
  read,
});
const answered = (atMs: number, fault?: string): Note => ({ kind: 'answered', id: 'p', atMs, fault });

test('the answer is read below the last such message, and its sentences apart from labels', () => {
  const page = 'count (p)\n1 2\ncount (p)\n10:15 PM\n1 2 3\nThe connection is lost.\nTry again\nCopy\n';
  expect(readShown(page, 'count (p)')).toEqual({ words: '1 2 3', read: ['The connection is lost.'] });
  expect(readShown(page, 'count (q)')).toEqual({ words: '', read: [] });
  expect(readShown('count (p)\n1 2\n3 4\n', 'count (p)').words).toBe('1 2 3 4');
});

test.each([
  ['', true],
  ['1 2 3', true],
  ['1 2 2 3', false],
  ['1 3', false],
  ['1 2 3 1 2 3', false],
])('the words "%s" count from 1: %p', (words, is) => {
  expect(isCount(words)).toBe(is);
});

test('a page is judged by its sentences since the fault and the next word after the switch', () => {
  const notes: Note[] = [
    shown(900, '1 2 3', 'Working.'),
    shown(1_400, '1 2 3', 'Working.', 'The connection is lost.'),
    shown(1_500, '1 2 3 4', 'The connection is lost.', 'Still no answer after 1 s.'),
    shown(2_500, '1 2 3 4', 'Still no answer after 2 s.'),
    { kind: 'pressed', id: 'p', atMs: 6_000, button: 'Try again' },
    shown(9_000, '1'),
    shown(9_500, '1 2 3 4 5'),
    answered(10_000),
  ];
  expect(judgeBrowser(notes, 1_000, 5_000)).toEqual({
    shown: [
      { afterMs: 400, sentence: 'The connection is lost.' },
      { afterMs: 500, sentence: 'Still no answer after 1 s.' },
      { afterMs: 5_000, sentence: '(pressed "Try again")' },
    ],
    recoveredMs: 8_500,
    fault: undefined,
  });
});

test.each([
  ['a word is shown twice', [shown(1_100, '1 2 2'), answered(1_200)]],
  ['a word is left out', [shown(1_100, '1 3'), answered(1_200)]],
  ['the answer never comes', [shown(1_100, '1'), answered(1_200, 'it shows "1"')]],
])('a page is at fault if %s', (_what, notes) => {
  expect(judgeBrowser(notes, 1_000, 1_000).fault).toBeString();
});

test('an address is kept for its TTL, and a pinned name has the address of another one', async () => {
  let nowMs = 0;
  const asked: string[] = [];
  const resolve4 = async (name: string) => {
    asked.push(name);
    return [{ address: `${name} ${asked.length}`, ttl: 6 }];
  };
  const names = cachedNames({ resolve4 } as unknown as Parameters<typeof cachedNames>[0], () => nowMs);
  expect([await names.addressOf('a'), await names.addressOf('a')]).toEqual(['a 1', 'a 1']);
  nowMs = 6_001;
  expect(await names.addressOf('a')).toBe('a 2');
  names.pin('a', 'own');
  expect(await names.addressOf('a')).toBe('own 3');
  names.pin('a', undefined);
  expect(await names.addressOf('a')).toBe('a 2');
});
