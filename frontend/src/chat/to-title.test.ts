import { expect, test } from 'bun:test';
import { leastCpuTime } from '../util/least-cpu-time.ts';
import { toTitle, toTitleOfAnswer } from './to-title.ts';

test('a short message is the title, on one line', () => {
  expect(toTitle('  How is\n the  environment? ')).toBe('How is the environment?');
});

test('a long message is cut at a word, with a mark', () => {
  const title = toTitle(
    'Please compare the latency of every region of the staging environment with last week',
  );
  expect(title).toBe('compare the latency of every region of the staging…');
});

test('a message without spaces is cut between characters', () => {
  expect(toTitle('🛰️'.repeat(80))).toEndWith('…');
  expect(toTitle('🛰'.repeat(80))).toBe(`${'🛰'.repeat(60)}…`);
  expect(toTitle('👨‍👩‍👧‍👦'.repeat(80))).toBe(`${'👨‍👩‍👧‍👦'.repeat(60)}…`);
});

test.each([
  ['Hi! Could you please draw a chart of the status?', 'draw a chart of the status?'],
  [
    'The deploy failed last night. I looked at the logs and found nothing that explains it.',
    'The deploy failed last night',
  ],
  ['# Plan\n**Compare** `a` with [b](https://b.example/x)', 'Plan Compare a with b'],
  ['What is on https://www.example.com/a/very/long/path?x=1 today', 'What is on example.com today'],
  ['hello', 'hello'],
  ['Can you?', 'Can you?'],
  ['', 'New conversation'],
])('the title says what is asked: %j', (message, title) => {
  expect(toTitle(message)).toBe(title);
});

test('after a greeting the first answer gives the title, and only then', () => {
  expect(toTitleOfAnswer('Hello!', 'Hi! Staging is healthy today. Ask me anything.')).toBe(
    'Staging is healthy today',
  );
  expect(toTitleOfAnswer('hi 👋', 'So:\n\n## The *three* regions\n\n- a')).toBe('The *three* regions');
  expect(toTitleOfAnswer('hello, how is staging?', 'Staging is healthy.')).toBeUndefined();
  expect(toTitleOfAnswer('hello', '')).toBeUndefined();
});

test('a message of many courtesies takes time in proportion to its length', () => {
  const timeOf = (count: number): number => leastCpuTime(() => toTitle('hi please '.repeat(count)));
  const short = timeOf(2_000);
  expect(timeOf(20_000)).toBeLessThan(Math.max(short, 1_000) * 100);
});
