import { expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check } from './check/check.ts';
import type { Entry } from './check/history.ts';
import { hunt } from './hunt.ts';
import { plant } from './planted-bug.ts';
import { PLANTED_BUGS } from './planted-bugs.ts';

// One bug each of a writer, a takeover, a reader and Firestore that is found quickly. long-simulation tests all bugs.
const SAMPLE = [
  'a run that could not be closed is ended all the same',
  'a turn that was taken over is never begun again',
  'a reader that comes back misses a frame',
  'Firestore: the queue is forgotten when a turn ends',
];

test.each(PLANTED_BUGS)('its code is still there: $name', (bug) => {
  const source = readFileSync(join(import.meta.dir, '../../backend', bug.file), 'utf8');
  expect(plant(bug, source)).toContain(bug.become);
});

test.each(SAMPLE)(
  'found: %s',
  async (name) => {
    const bug = PLANTED_BUGS.find((one) => one.name === name);
    if (!bug) throw new Error(`There is no planted bug named ${name}.`);
    const folder = mkdtempSync(join(tmpdir(), 'hunt-'));
    try {
      const file = join(folder, 'history.jsonl');
      const limits = ['--scenarios', '200', '--seconds', 'Infinity', '--history', file];
      const { found, output } = await hunt(bug, 1, limits);
      expect(found ?? output).toStartWith('guarantee ');
      expect(output).toContain('reproduce: bun tests/simulation/main.ts');
      const history = readFileSync(file, 'utf8').trimEnd().split('\n');
      const [breach] = check(history.map((line) => JSON.parse(line) as Entry));
      expect(`guarantee ${breach?.guarantee}: ${breach?.what}`).toBe(found ?? '');
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  240_000,
);
