import { expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dir, '../../docs/decisions');
const files = readdirSync(FOLDER).toSorted();

test('every decision has a number of its own, in its name and in its title, and a status', () => {
  const numbers = files.map((file) => file.slice(0, 4));
  expect(numbers).toEqual([...new Set(numbers)]);
  for (const file of files) {
    const text = readFileSync(join(FOLDER, file), 'utf8');
    expect(text, file).toStartWith(`# ${file.slice(0, 4)} `);
    expect(text, file).toMatch(/^Status: \w+/m);
  }
});
