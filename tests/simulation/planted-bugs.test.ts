import { expect, test } from 'bun:test';
import { hunt } from './hunt.ts';
import { PLANTED_BUGS } from './planted-bugs.ts';

// One bug each of a writer, a takeover, a reader and Firestore that is found quickly. long-simulation tests all bugs.
const SAMPLE = [
  'a run that could not be closed is ended all the same',
  'a turn that was taken over is never begun again',
  'a reader that comes back misses a frame',
  'Firestore: the queue is forgotten when a turn ends',
];

test.each(SAMPLE)(
  'found: %s',
  async (name) => {
    const bug = PLANTED_BUGS.find((one) => one.name === name);
    if (!bug) throw new Error(`There is no planted bug named ${name}.`);
    const { found, output } = await hunt(bug, 1, ['--scenarios', '200', '--seconds', 'Infinity']);
    expect(found ?? output).toStartWith('guarantee ');
  },
  240_000,
);
