import { expect, test } from 'bun:test';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { THEMES } from '../check.ts';
import { PAGES } from '../pages.ts';
import { countThemes } from '../render.ts';
import { CHECKS } from './all.ts';

test('there are at least 120 checks, in every theme', () => {
  expect(CHECKS.length).toBeGreaterThanOrEqual(120);
  expect(countThemes(CHECKS).filter(([, count]) => count === 0)).toEqual([]);
  expect(new Set(CHECKS.map(({ theme }) => theme))).toEqual(new Set(THEMES));
});

test('each check has a unique id and cites a sentence of an AWS page', () => {
  expect(new Set(CHECKS.map(({ id }) => id)).size).toBe(CHECKS.length);
  const pages = new Set<string>(Object.values(PAGES));
  for (const { id, title, source } of CHECKS) {
    const words = 'quote' in source ? source.quote : source.means;
    expect([id, words.trim().length > 8, pages.has(source.page), title.length > 8]).toEqual([
      id,
      true,
      true,
      true,
    ]);
  }
});

test('every listed page is cited by a check', () => {
  const used = new Set(CHECKS.map(({ source }) => source.page));
  expect(Object.values(PAGES).filter((page) => !used.has(page))).toEqual([]);
});

test('docs/rehearsal.md lists every known difference of the rehearsal', async () => {
  const page = await readFile(join(import.meta.dir, '../../../docs/rehearsal.md'), 'utf8');
  const missing = CHECKS.flatMap(({ otherwise }) =>
    otherwise && !page.includes(otherwise) ? [otherwise] : [],
  );
  expect(missing).toEqual([]);
});
