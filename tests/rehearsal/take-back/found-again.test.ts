import { expect, test } from 'bun:test';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GROUPS } from './faults.ts';
import { STATEMENTS } from './statements.ts';
import { documentOf, statementOf } from './take-back.ts';

const root = join(import.meta.dir, '../../..');

/** Rows of the section of docs/first-day.md that says what finds a fault of a first day again. */
async function readRows(): Promise<{ what: string; by: string }[]> {
  const page = await readFile(join(root, 'docs/first-day.md'), 'utf8');
  const [, section = ''] = page.split('## Found before it\n');
  return [...section.split('\n## ')[0]!.matchAll(/^\| (.+?) \| (.+?) \|$/gm)]
    .slice(1)
    .map(([, what = '', by = '']) => ({ what, by }))
    .filter(({ by }) => !/^-+$/.test(by));
}

test('the page names every fault whose correction is taken back, and no other one', async () => {
  const named = (await readRows()).flatMap(({ by }) => [...by.matchAll(/`take-back-all`: ([\w-]+)/g)]);
  expect(named.map(([, id = '']) => id).toSorted()).toEqual(
    GROUPS.flat()
      .map(({ id }) => id)
      .toSorted(),
  );
});

test('every other fault is found by a test that is there, or has a reason', async () => {
  const rows = (await readRows()).filter(({ by }) => !/`take-back-all`|^not here: .{40}/.test(by));
  expect(rows.length).toBeGreaterThan(6);
  const lost: string[] = [];
  for (const { what, by } of rows) {
    const [, path = '', title = ''] = /^`(.+?)`: "(.+)"$/.exec(by) ?? [];
    const text = await readFile(join(root, path), 'utf8').catch(() => '');
    if (title === '' || !text.includes(title)) lost.push(`${what}: ${by}`);
  }
  expect(lost).toEqual([]);
});

test('each statement that is taken away is there, whole and once', async () => {
  for (const { edits } of STATEMENTS.flat())
    for (const edit of edits) {
      const text = await readFile(join(root, 'terraform/aws', edit.file), 'utf8');
      if (!('statement' in edit)) continue;
      const block = statementOf(edit.of ? documentOf(text, edit.of) : text, edit.statement);
      expect(block.match(/^ {4}sid /gm), JSON.stringify(edit)).toHaveLength(1);
      expect(block).toContain('actions');
    }
});
