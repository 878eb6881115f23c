import { expect, test } from 'bun:test';
import { toTitle } from './to-title.ts';

test('a short message is the title, on one line', () => {
  expect(toTitle('  How is\n the  environment? ')).toBe('How is the environment?');
});

test('a long message is cut at a word, with a mark', () => {
  const title = toTitle(
    'Please compare the latency of every region of the staging environment with last week',
  );
  expect(title).toBe('Please compare the latency of every region of the staging…');
});

test('a message without spaces is cut between characters', () => {
  expect(toTitle('🛰️'.repeat(80))).toEndWith('…');
  expect(toTitle('🛰'.repeat(80))).toBe(`${'🛰'.repeat(60)}…`);
  expect(toTitle('👨‍👩‍👧‍👦'.repeat(80))).toBe(`${'👨‍👩‍👧‍👦'.repeat(60)}…`);
});
