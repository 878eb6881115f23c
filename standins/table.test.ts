import { describe, expect, test } from 'bun:test';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const root = join(import.meta.dir, '..');
/** Parts of the rehearsal and of the pipeline's that take a real one's place; aws there is AWS's own program. */
const OF_THE_REHEARSAL = ['aws', 'iam', 'load-balancer', 'network', 'tasks'];
const REAL_PROGRAMS = new Set(['aws']);

interface Row {
  place: string;
  refuses: string;
  path: string;
  title: string;
  hidden: string;
}

const rows = await readTable();

async function readTable(): Promise<Row[]> {
  const text = await readFile(join(root, 'docs/standins.md'), 'utf8');
  const lines = text.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| place'));
  return lines.map((line) => {
    const [place = '', , refuses = '', seen = '', hidden = ''] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    const [, path = '', title = ''] = /^`(.+?)`: "(.+)"$/.exec(seen) ?? [];
    return { place: place.replaceAll('`', ''), refuses, path, title, hidden };
  });
}

async function folders(path: string): Promise<string[]> {
  const entries = await readdir(join(root, path), { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules')
    .map(({ name }) => `${path}/${name}`);
}

test('everything that stands in has a row', async () => {
  const programs = (await folders('tests/pipeline/programs')).filter(
    (path) => !REAL_PROGRAMS.has(path.split('/').at(-1) ?? ''),
  );
  const wanted = [
    ...(await folders('standins')),
    ...programs,
    ...OF_THE_REHEARSAL.map((name) => `rehearsal/${name}`),
    'fake-gcs-server',
  ];
  expect(rows.map(({ place }) => place).toSorted()).toEqual(wanted.toSorted());
});

describe('a row names a refusal that a test has seen, and what stays unseen', () => {
  test.each(rows)('$place', async ({ refuses, path, title, hidden }) => {
    expect(refuses).not.toBe('');
    expect(hidden).not.toBe('');
    expect(path).not.toBe('');
    expect(await readFile(join(root, path), 'utf8')).toContain(title);
  });
});
