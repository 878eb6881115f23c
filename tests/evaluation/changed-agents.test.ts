import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { renderReport } from '@lornu/evaluation/report.ts';
import { REGRESSIONS } from './library/changes.ts';
import { harmlessNames, openLibrary, regressionNamed } from './library/world.ts';

const WITHIN_MS = 180_000;
setDefaultTimeout(WITHIN_MS);
/** All hundred are in tests/long-evaluation. */
const OF_EACH_KIND = 2;

const library = await openLibrary();
const quick = REGRESSIONS.filter(([, change]) => change !== 'slower').map(([name]) => regressionNamed(name));
const played = await library.play('library', ...quick, ...harmlessNames(OF_EACH_KIND));
const byVariant = Map.groupBy(played, ({ appName }) => appName);
afterAll(async () => library.stop());

test('the recorded agent replays identically, byte for byte', () => {
  const replayed = byVariant.get('library') ?? [];
  expect(replayed.map(({ verdict, changes }) => [verdict, ...changes])).toEqual(
    library.cassettes.map(() => ['same']),
  );
});

test('there are at least forty regressions', () => {
  expect(REGRESSIONS.length).toBeGreaterThanOrEqual(40);
});

test.each(REGRESSIONS)('%s: reported as %s', async (name, change) => {
  const variant = regressionNamed(name);
  // Playing others at the same time would slow them down too. One conversation is enough, because each is played again.
  const replayed =
    byVariant.get(variant) ??
    (await library.playAll(library.cassettes.slice(0, 1).map((one) => ({ ...one, appName: variant }))));
  expect([...new Set(replayed.flatMap(({ changes }) => changes))]).toContain(change);
  // The report for people names the class, and shows both sides.
  const report = renderReport(replayed, name);
  expect(report).toContain(`<span class="changed">${change}</span>`);
  if (change !== 'slower') expect(report).toMatch(/class="(?:gone|new)"/u);
});

test('changes without effect raise no alarm', () => {
  const names = harmlessNames(OF_EACH_KIND);
  const replayed = names.flatMap((name) => byVariant.get(name) ?? []);
  expect(replayed).toHaveLength(names.length * library.cassettes.length);
  expect(
    replayed.flatMap(({ appName, verdict, changes }) =>
      verdict === 'changed' ? [[appName, ...changes]] : [],
    ),
  ).toEqual([]);
});
