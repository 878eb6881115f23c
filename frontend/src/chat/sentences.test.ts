import { expect, test } from 'bun:test';
import { Sentences } from './sentences.ts';

const TEXT = `# Rolling out

First, **look**. Then [read](https://example.com) the \`log\`! Version 1.2 is e

- one
- two and

| a | b |
|---|---|
| 1 | 2 |

\`\`\`sh
rm -rf. Not said.
\`\`\`

The end`;

const SPOKEN = [
  'Rolling out',
  'First, look.',
  'Then read the log!',
  'Version 1.2 is e',
  'one',
  'two and',
  'a, b',
  '1, 2',
  'Code.',
  'The end',
];

test.each([1, 3, 7, 1_000])(
  'a text that arrives %d characters at a time is announced sentence by sentence, each once',
  (step) => {
    const sentences = new Sentences();
    const heard: string[] = [];
    for (let end = step; end < TEXT.length + step; end += step)
      heard.push(...sentences.next(TEXT.slice(0, end)));
    heard.push(...sentences.next(TEXT, true), ...sentences.next(TEXT, true));
    expect(heard).toEqual(SPOKEN);
  },
);

test('a sentence is announced as soon as the next one begins, and not before', () => {
  const sentences = new Sentences();
  expect(sentences.next('One')).toEqual([]);
  expect(sentences.next('One.')).toEqual([]);
  expect(sentences.next('One. T')).toEqual(['One.']);
  expect(sentences.next('One. Two')).toEqual([]);
});

test('a text that became shorter is not repeated', () => {
  const sentences = new Sentences();
  sentences.next('One. Two. Thr');
  expect(sentences.next('One. Two. ')).toEqual([]);
  expect(sentences.next('One. Two. Three. F')).toEqual(['Three.']);
});

test('Chinese and Japanese sentences need no space between them', () => {
  expect(new Sentences().next('你好。今天很好。再')).toEqual(['你好。', '今天很好。']);
});
