import { afterAll, expect, test } from 'bun:test';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildPage } from './build.ts';

/** Compressed size, with every font and without fonts. */
const FIRST_LOAD_BUDGET_BYTES = 250_000;
const CODE_BUDGET_BYTES = 180_000;

const dist = await mkdtemp(join(tmpdir(), 'lornu-page-'));
await buildPage(dist);
afterAll(() => rm(dist, { recursive: true, force: true }));

const gzipped = async (path: string): Promise<number> => {
  const bytes = await Bun.file(join(dist, path)).bytes();
  return path.endsWith('.woff2') ? bytes.length : Bun.gzipSync(bytes).length;
};

test('the first load fits the budget: the document, the files it names, and every font', async () => {
  const html = await Bun.file(join(dist, 'index.html')).text();
  const named = [...html.matchAll(/(?:src|href)="\/([^"]+)"/gu)].map((match) => match[1] ?? '');
  const fonts = (await readdir(dist, { recursive: true })).filter((path) => path.endsWith('.woff2'));
  expect(named.some((path) => path.endsWith('.js'))).toBe(true);
  expect(named.some((path) => path.endsWith('.css'))).toBe(true);
  const sum = async (paths: string[]): Promise<number> =>
    (await Promise.all(paths.map(gzipped))).reduce((total, size) => total + size, 0);
  const code = await sum(['index.html', ...named]);
  const total = code + (await sum(fonts));
  console.info(`first load: ${Math.round(total / 1_000)} kB, without fonts ${Math.round(code / 1_000)} kB`);
  expect(code).toBeLessThanOrEqual(CODE_BUDGET_BYTES);
  expect(total).toBeLessThanOrEqual(FIRST_LOAD_BUDGET_BYTES);
});

test('the document has no inline script or style, so that a strict policy is possible', async () => {
  const html = await Bun.file(join(dist, 'index.html')).text();
  expect(html).not.toMatch(/<script(?![^>]*\ssrc=)/u);
  expect(html).not.toMatch(/<style|\sstyle=|\son\w+=/u);
});

test('every file but the document has the hash of its content in its name', async () => {
  const files = (await readdir(join(dist, 'assets'))).filter((path) => !/-[a-z\d]{8}\.\w+$/u.test(path));
  expect(files).toEqual([]);
});

test('the style sheet contains no data: neither fonts nor pictures', async () => {
  const css = (await readdir(join(dist, 'assets'))).filter((path) => path.endsWith('.css'));
  const texts = await Promise.all(css.map((path) => Bun.file(join(dist, 'assets', path)).text()));
  expect(texts.join('')).not.toContain('url(data:');
});
