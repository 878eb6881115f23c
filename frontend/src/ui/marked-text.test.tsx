import { expect, test } from 'bun:test';
import { renderToStaticMarkup } from 'react-dom/server';
import { MarkedText } from './marked-text.tsx';

test.each([
  ['The demo, a DEMO.', 'demo', 'The <mark>demo</mark>, a <mark>DEMO</mark>.'],
  ['a.b and aXb', 'a.b', '<mark>a.b</mark> and aXb'],
  ['aaa', ' aa ', '<mark>aa</mark>a'],
  ['nothing of it', 'else', 'nothing of it'],
  ['as it is', ' ', 'as it is'],
  // One letter longer in lower case: the positions would be wrong.
  ['İstanbul: the demo', 'demo', 'İstanbul: the demo'],
])('of %j the words %j are marked', (text, words, expected) => {
  expect(renderToStaticMarkup(<MarkedText text={text} words={words} />)).toBe(expected);
});
