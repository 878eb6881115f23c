#!/usr/bin/env bun
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findMutants, type Mutant } from './mutants.ts';
import { KNOWN_SURVIVORS } from './known-survivors.ts';
import { runMutant, type Verdict } from './run-mutant.ts';
import { commitSeed } from '../../support/commit-seed.ts';
import { shuffled } from '@lornu/ops/base/seeded.ts';

const HELP = `Takes the checks of backend/identity out, one at a time, and looks whether a test notices.

usage: bun tests/identity/mutation/main.ts [--all] [--seconds N] [--seed N] [--workers N] [--only TEXT]
  --all        every check; without it a random sample, as many as fit
  --seconds N  how long the sample may take (default 50)
  --seed N     which sample (default: the commit's, so that each commit looks at others)
  --workers N  how many at once (default 2)
  --only TEXT  only files whose path contains this

Exits with 1 when a check can be taken out unnoticed that is not among the known ones.
`;

const { values } = parseArgs({
  options: {
    all: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(commitSeed()) },
    workers: { type: 'string', default: '2' },
    only: { type: 'string', default: '' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}

const root = join(import.meta.dir, '../../..');
const mutants: Mutant[] = [];
for await (const file of new Bun.Glob('backend/identity/**/*.ts').scan({ cwd: root })) {
  if (file.endsWith('.test.ts') || !file.includes(values.only)) continue;
  mutants.push(...findMutants(file, await Bun.file(join(root, file)).text()));
}
mutants.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.start - b.start));

const queue = values.all ? mutants.slice() : shuffled(mutants, Number(values.seed));
const isOver = values.all ? new AbortController().signal : AbortSignal.timeout(Number(values.seconds) * 1000);
const counts: Record<Verdict, number> = { killed: 0, survived: 0, 'not covered': 0 };
const known: Mutant[] = [];
const unexpected: Mutant[] = [];

async function work(): Promise<void> {
  for (let mutant = queue.shift(); mutant !== undefined && !isOver.aborted; mutant = queue.shift()) {
    const verdict = await runMutant(root, mutant, isOver);
    if (verdict === undefined) return;
    counts[verdict]++;
    if (verdict === 'killed') continue;
    const { file, what } = mutant;
    const reasons = Object.entries(KNOWN_SURVIVORS).flatMap(([end, rows]) =>
      file.endsWith(end) ? rows : [],
    );
    const isKnown = reasons.some(([, ...parts]) => parts.some((part) => what.includes(part)));
    (isKnown ? known : unexpected).push(mutant);
    if (!isKnown) process.stderr.write(`unnoticed: ${file}:${mutant.line} ${what}\n`);
  }
}
await Promise.all(Array.from({ length: Number(values.workers) }, work));

const tried = counts.killed + counts.survived + counts['not covered'];
process.stdout.write(
  `${counts.killed} of ${tried} checks were missed when taken out (${mutants.length} there are; ` +
    `${values.all ? 'all' : `sample ${values.seed}`}); ${known.length} are known to go unnoticed, ${unexpected.length} are not.\n`,
);
process.exit(unexpected.length === 0 && tried > 0 ? 0 : 1);
