import { CHECKS } from '@lornu/rehearsal/conformance/checks/all.ts';
import { readRecordings } from '@lornu/rehearsal/conformance/recordings.ts';
import { singleProbes } from '@lornu/rehearsal/conformance/scenes/single-probes.ts';
import type { RehearsalWorld } from '@lornu/rehearsal/conformance/target-rehearsal.ts';
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { commitSeed } from '../../support/commit-seed.ts';
import { startWorld } from '../conformance/kit.ts';
import { told, toldOf } from '../wrong-stand-ins/told.ts';
import { WRONG_BALANCERS } from '../wrong-stand-ins/wrong-balancers.ts';

// A sample of the suite long-conformance: the checks that wait for nothing, and some of the wrong load balancers.

const THEMES = ['rules', 'answers', 'headers', 'tokens', 'mutual-tls'];
const quick = CHECKS.filter(({ theme, long }) => THEMES.includes(theme) && !long).map(({ id }) => id);
/** Those that wait for an idle timeout are left out. */
const wrong = WRONG_BALANCERS.filter(({ tells }) => tells.every((id) => quick.includes(id)));
const SAMPLE = 3;
const first = commitSeed() % wrong.length;
const sample = Array.from({ length: SAMPLE }, (_, index) => wrong[(first + index) % wrong.length]!);

setDefaultTimeout(240_000);

let world: RehearsalWorld | undefined;
beforeAll(async () => {
  world = await startWorld();
  await world.scene(singleProbes);
}, 240_000);
afterAll(async () => world?.end());

test('the load balancer does what AWS documents about rules, answers, headers, tokens and certificates', async () => {
  expect(quick.length).toBeGreaterThan(100);
  expect(await told(world!, quick, await readRecordings())).toEqual([]);
});

test.each(sample.map((one) => [one.name, one] as const))(
  'the checks find a wrong load balancer: %s',
  async (_name, one) => {
    expect((await toldOf(world!, one)).toSorted()).toEqual(one.tells.toSorted());
  },
);
