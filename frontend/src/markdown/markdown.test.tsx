import { expect, test } from 'bun:test';
import { renderToStaticMarkup } from 'react-dom/server';
import { leastCpuTime } from '../util/least-cpu-time.ts';
import { Markdown } from './markdown.tsx';

const html = (text: string): string => renderToStaticMarkup(<Markdown text={text} />);

test.each([
  ['10~12 and 14~18', '10~12 and 14~18'],
  ['5~10 and 20~30', '5~10 and 20~30'],
  ['~~gone~~', '<del>gone</del>'],
])('one tilde is text, two strike out: %j', (text, expected) => {
  expect(html(text)).toContain(`<p dir="auto">${expected}</p>`);
});

test.each([
  ['**注意（重要）**文件', '<strong>注意（重要）</strong>文件'],
  ['**「引用」**は', '<strong>「引用」</strong>は'],
  ['*강조(뜻)*은', '<em>강조(뜻)</em>은'],
  ['~~删除（旧）~~文件', '<del>删除（旧）</del>文件'],
])('emphasis may end beside a CJK letter: %j', (text, expected) => {
  expect(html(text)).toContain(`<p dir="auto">${expected}</p>`);
});

test.each([
  ['\\(x_1 * y_2 * z\\)', '\\(x_1 * y_2 * z\\)'],
  ['\\[a_{1}_b\\]', '\\[a_{1}_b\\]'],
  ['\\(\\frac{a}{b} \\\\ c\\)', '\\(\\frac{a}{b} \\\\ c\\)'],
])('a formula is shown as it was written: %j', (text, expected) => {
  expect(html(text)).toBe(
    `<div class="markdown"><p dir="auto"><code class="formula">${expected}</code></p></div>`,
  );
});

test.each([
  ['$$a_{1}_b$$', '$$a_{1}_b$$'],
  ['$E=mc^2$', '$E=mc^2$'],
  ['$x$', '$x$'],
  ['$f(x)$', '$f(x)$'],
  ['$a_1 \\cdot b_2$', '$a_1 \\cdot b_2$'],
])('a formula between dollars too: %j', (text, expected) => {
  expect(html(`so ${text}, then`)).toContain(`<code class="formula">${expected}</code>, then`);
});

test.each([
  'It costs $5 and $10.',
  'between $5-$10',
  'US$5 = A$6',
  '$5, or 4$ for two',
  'a $ sign, and another $',
  '$HOME and $PATH',
  '$$',
  '$a = 1',
])('a price or a name of the shell is none: %j', (text) => {
  expect(html(text)).toBe(`<div class="markdown"><p dir="auto">${text}</p></div>`);
});

test.each([
  ['\\(x', '(x'],
  ['\\*a\\*', '*a*'],
  ['\\(x\\]', '(x]'],
])('a backslash that begins no formula escapes as ever: %j', (text, expected) => {
  expect(html(text)).toContain(`<p dir="auto">${expected}</p>`);
});

test.each(['\\(a ', '$a', '$$a '])(
  'a text full of %j takes time in proportion to its length',
  (beginning) => {
    const timeOf = (count: number): number => leastCpuTime(() => html(beginning.repeat(count)));
    timeOf(1_000);
    expect(timeOf(4_000)).toBeLessThan(timeOf(1_000) * 16);
  },
);

test('a footnote leads into its own answer, and back', () => {
  const twice = renderToStaticMarkup(
    <>
      <Markdown text={'a[^1]\n\n[^1]: the source'} />
      <Markdown text={'b[^1]\n\n[^1]: another'} />
    </>,
  );
  const ids = [...twice.matchAll(/ id="([^"]+)"/gu)].map(([, id]) => id).filter((id) => id?.includes('fn'));
  const links = [...twice.matchAll(/href="#([^"]+)"/gu)].map(([, id]) => id);
  expect(ids).toHaveLength(4);
  expect(new Set(ids).size).toBe(4);
  expect(new Set(links)).toEqual(new Set(ids));
  expect(twice).not.toContain('target="_blank"');
  // Below the speaker's heading, which has the second level.
  expect(twice).toContain('<h3 class="visually-hidden"');
});

test('an external link opens a new tab, and a refused one leads nowhere', () => {
  expect(html('[a](https://example.com)')).toContain('target="_blank" rel="noopener noreferrer"');
  expect(html('[a](javascript:alert(1))')).not.toContain('<a');
});

test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
  'a fence of the language %s is code of that language',
  (language) => {
    expect(html(`\`\`\`${language}\nx\n\`\`\``)).toContain(`<span>${language}</span>`);
  },
);

test('each block has its own direction', () => {
  const shown = html('# שלום\n\n- a\n\n> d\n\n| b |\n|---|\n| c |');
  expect(shown).toMatch(/<h3 dir="auto">.*<ul dir="auto">.*<blockquote dir="auto">.*<table dir="auto">/su);
  expect(shown.match(/dir="auto"/gu)).toHaveLength(4);
});
