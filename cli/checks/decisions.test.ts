import { expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dir, '../../docs/decisions');
const files = readdirSync(FOLDER)
  .filter((file) => file !== 'README.md')
  .toSorted();
const index = readFileSync(join(FOLDER, 'README.md'), 'utf8');

test('every decision has a unique number in its name and title, and a status', () => {
  const numbers = files.map((file) => file.slice(0, 4));
  expect(numbers).toEqual([...new Set(numbers)]);
  for (const file of files) {
    const text = readFileSync(join(FOLDER, file), 'utf8');
    expect(text, file).toStartWith(`# ${file.slice(0, 4)} `);
    expect(text, file).toMatch(/^Status: \w+/m);
  }
});

test('the index lists every decision once, by its title', () => {
  const listed = [...index.matchAll(/^- \[(\d{4})\]\(([^)]+)\) (.+)$/gm)].map(([, , file, title]) => [
    file,
    title,
  ]);
  const titles = files.map((file) => [
    file,
    /^# \d{4} (.+)$/m.exec(readFileSync(join(FOLDER, file), 'utf8'))?.[1],
  ]);
  expect(listed.toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1))).toEqual(titles);
});
