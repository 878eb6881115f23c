import { expect, test } from 'bun:test';
import { ERROR_TABLE, type ErrorCode } from '../../errors/error-table.ts';
import { jsonRpcCodeOf, statusNameOf } from './errors.ts';

test('docs/a2a.md lists how each class of our errors is sent over A2A', async () => {
  const text = await Bun.file(new URL('../../../docs/a2a.md', import.meta.url)).text();
  const [, table = ''] = /<!-- error classes -->([\s\S]*?)<!-- end of error classes -->/.exec(text) ?? [];
  const documented = [...table.matchAll(/^\| (\d+) +\| (-\d+) +\| (\w+) +\|$/gm)].map((row) => row.slice(1));
  const codes = Object.keys(ERROR_TABLE) as ErrorCode[];
  const told = codes.map((code) => [
    `${ERROR_TABLE[code].status}`,
    `${jsonRpcCodeOf(code)}`,
    statusNameOf(code),
  ]);
  const classes = [...new Map(told.map((row) => [row.join(), row])).values()];
  expect(documented).toEqual(classes.toSorted(([a = ''], [b = '']) => Number(a) - Number(b)));
});
