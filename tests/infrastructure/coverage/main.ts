#!/usr/bin/env bun
import { SUITES } from '@lornu/cli/checks/suites.ts';
import { join } from 'node:path';
import { percent } from '../mutation/score.ts';
import { addReport, lineCoverage, type Lines } from './ops-lines.ts';

// Combines the coverage in .cache/test/coverage: which lines of cli/, ops/, rehearsal/ and standins/ the suites ran.
const LEAST = 0.8;
const root = join(import.meta.dir, '../../..');
const files = new Map<string, Lines>();
const missing: string[] = [];
for (const { name, coversOps, onlyInAll } of SUITES) {
  if (!coversOps) continue;
  const report = Bun.file(join(root, '.cache/test/coverage', name, 'lcov.info'));
  if (await report.exists()) addReport(files, await report.text(), root);
  else if (!onlyInAll) missing.push(name);
}

const sources: { path: string; text: string }[] = [];
for (const path of [
  ...new Bun.Glob('{cli,ops,rehearsal,standins}/**/*.ts').scanSync({ cwd: root }),
].toSorted()) {
  if (path.includes('node_modules/') || path.endsWith('.test.ts')) continue;
  sources.push({ path, text: await Bun.file(join(root, path)).text() });
}

const { run, all, neverLoaded, folders, leftOut } = lineCoverage(files, sources);
for (const row of folders) {
  process.stdout.write(
    `${percent(row.run, row.all).padStart(8)}  ${String(row.run).padStart(5)} of ${String(row.all).padEnd(5)} ${row.folder}\n`,
  );
}
for (const path of neverLoaded) process.stdout.write(`never loaded: ${path}\n`);
for (const { why, files: count } of leftOut) process.stdout.write(`left out: ${count} files, ${why}\n`);
if (missing.length > 0)
  process.stdout.write(`no report of: ${missing.join(', ')} (run ./lornu test first)\n`);
const whole = missing.length === 0;
process.stdout.write(
  `figure: ${percent(run, all)} of the lines of the deployment scripts (cli/, ops/, rehearsal/) are run by tests in their own process ` +
    `(${run} of ${all}; ${whole ? 'every suite' : `without ${missing.join(', ')}`}; the same lines run by child processes are not counted)\n`,
);
// Some of the suites alone say nothing about the whole.
process.exit(whole && run / all < LEAST ? 1 : 0);
