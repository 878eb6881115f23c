import { expect, test } from 'bun:test';
import { nestFences } from './nest-fences.ts';

const lines = (...given: string[]): string => given.join('\n');

test('a Markdown fence keeps the fences inside it, and text after it is text', () => {
  expect(
    nestFences(lines('before', '```markdown', '# A', '```bash', 'ls', '```', 'and', '```', 'after')),
  ).toBe(lines('before', '````markdown', '# A', '```bash', 'ls', '```', 'and', '````', 'after'));
});

test('two fences inside one, longer marks and tildes', () => {
  expect(nestFences(lines('~~~md', '~~~js', '1', '~~~', '~~~~py', '2', '~~~~', '~~~'))).toBe(
    lines('~~~~~md', '~~~js', '1', '~~~', '~~~~py', '2', '~~~~', '~~~~~'),
  );
});

test.each([
  ['a Markdown fence without fences', lines('```md', '# A', '```', '```js', '1', '```')],
  ['a fence of another language, which holds none', lines('```js', '```bash', 'ls', '```')],
  ['an outer fence that is longer already', lines('````markdown', '```bash', 'ls', '```', '````')],
  ['an outer fence that never ends', lines('```markdown', '```bash', 'ls', '```', 'prose')],
  ['no fence at all', 'a ```markdown b'],
])('leaves %s alone', (_what, text) => {
  expect(nestFences(text)).toBe(text);
});
