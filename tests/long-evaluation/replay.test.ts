import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import type { Cassette } from '@lornu/evaluation/cassette.ts';
import { harmlessNames, type Library, openLibrary } from '../evaluation/library/world.ts';

const WITHIN_MS = 600_000;
setDefaultTimeout(WITHIN_MS);

let library: Library;
beforeAll(async () => {
  library = await openLibrary();
}, WITHIN_MS);
afterAll(async () => library?.stop());

test('a hundred changes without effect raise no alarm', async () => {
  const names = harmlessNames(10);
  expect(names).toHaveLength(100);
  const replayed = await library.play(...names);
  expect(replayed).toHaveLength(100 * library.cassettes.length);
  expect(
    replayed.flatMap(({ appName, verdict, changes }) =>
      verdict === 'changed' ? [[appName, ...changes]] : [],
    ),
  ).toEqual([]);
});

test('a thousand conversations are replayed, each identical', async () => {
  const many = Array.from({ length: 1_000 }, (_, index) => ({
    ...(library.cassettes[index % library.cassettes.length] as Cassette),
    name: `${index}`,
  }));
  const beganAt = performance.now();
  const replayed = await library.playAll(many);
  process.stderr.write(`1,000 conversations in ${Math.round(performance.now() - beganAt)} ms\n`);
  expect(
    replayed.filter(({ verdict }) => verdict !== 'same').map(({ name, changes }) => [name, changes]),
  ).toEqual([]);
});
