import { beforeEach, expect, test } from 'bun:test';
import { createLineWriter, type LineWriter } from './line-writer.ts';

let written: string[];
let lines: LineWriter;

beforeEach(() => {
  written = [];
  lines = createLineWriter((text) => written.push(text));
});

test('lines of the same moment are written together, in order', async () => {
  lines.write('{"level":"info","n":1}\n');
  lines.write('{"level":"info","n":2}\n');
  expect(written).toEqual([]);
  await Bun.sleep(60);
  expect(written).toEqual(['{"level":"info","n":1}\n{"level":"info","n":2}\n']);
});

test('a warning is written at once, with the lines before it', () => {
  lines.write('{"level":"info"}\n');
  lines.write('{"level":"error"}\n');
  expect(written).toEqual(['{"level":"info"}\n{"level":"error"}\n']);
});

test('no more than a limit waits, and a flush writes everything', () => {
  lines.write(`${'x'.repeat(70_000)}\n`);
  expect(written).toHaveLength(1);
  lines.write('last\n');
  lines.flush();
  lines.flush();
  expect(written).toHaveLength(2);
});
