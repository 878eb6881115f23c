import { describe, expect, test } from 'bun:test';
import { ERROR_TABLE } from './error-table.ts';

const docs = await Bun.file(new URL('../../docs/errors.md', import.meta.url)).text();

/** The rows of docs/errors.md: `| CODE | 404 | sentence | next step |`. */
const documented = new Map(
  docs
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter((cells) => /^`[A-Z_]+`$/.test(cells[1] ?? ''))
    .map(([, code, status, sentence, next]) => [
      (code ?? '').slice(1, -1),
      { status: Number(status), sentence, next },
    ]),
);

describe('the error table and docs/errors.md', () => {
  test('document every entry as it is', () => {
    for (const [code, row] of Object.entries(ERROR_TABLE)) {
      expect({ code, ...documented.get(code) }).toEqual({ code, ...row });
    }
  });

  test('document no entry that does not exist', () => {
    expect([...documented.keys()].filter((code) => !(code in ERROR_TABLE))).toEqual([]);
  });

  test('say what to do next for every entry', () => {
    for (const [code, row] of Object.entries(ERROR_TABLE)) {
      expect({ code, sentence: row.next.endsWith('.') }).toEqual({ code, sentence: true });
    }
  });
});
