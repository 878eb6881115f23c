import { expect, test } from 'bun:test';
import { addReport, lineCoverage, type Lines } from './ops-lines.ts';

const report = (file: string, ...lines: [number, number][]) =>
  [`TN:`, `SF:${file}`, ...lines.map(([line, times]) => `DA:${line},${times}`), 'end_of_record'].join('\n');

test('a line counts if any suite ran it, however the report names the file', () => {
  const files = new Map<string, Lines>();
  addReport(files, report('ops/image/engine.ts', [1, 1], [2, 0], [3, 0]), '/checkout');
  addReport(files, report('/checkout/ops/image/engine.ts', [2, 4], [3, 0]), '/checkout');
  const sources = [{ path: 'ops/image/engine.ts', text: '' }];
  expect(lineCoverage(files, sources)).toMatchObject({ run: 2, all: 3, neverLoaded: [] });
});

test('all lines of a file that was never loaded count as not run; a file with only types has none', () => {
  const sources = [
    { path: 'ops/image/a.ts', text: 'import { b } from "./b.ts";\nexport function a() {\n  b();\n}\n' },
    { path: 'ops/image/types.ts', text: '/** A thing. */\nexport interface A {\n  name: string;\n}\n' },
  ];
  const coverage = lineCoverage(new Map(), sources);
  expect(coverage.run).toBe(0);
  expect(coverage.all).toBeGreaterThan(0);
  expect(coverage.neverLoaded).toEqual(['ops/image/a.ts']);
});

test('other files than deployment scripts are left out, and listed', () => {
  const sources = [{ path: 'standins/gemini/server.ts', text: 'export const a = 1;\n' }];
  const coverage = lineCoverage(new Map(), sources);
  expect(coverage.all).toBe(0);
  expect(coverage.leftOut.find(({ files }) => files > 0)?.why).toContain('stand-ins');
});
