import { THEMES as ALL_THEMES } from '@lornu/rehearsal/conformance/check.ts';
import { CHECKS } from '@lornu/rehearsal/conformance/checks/all.ts';
import { readRecordings } from '@lornu/rehearsal/conformance/recordings.ts';
import { expect, setDefaultTimeout, test } from 'bun:test';
import { commitSeed } from '../../support/commit-seed.ts';
import { worldOfProbes } from '../conformance/kit.ts';
import { expectFound, told } from '../wrong-stand-ins/told.ts';
import { SLOW_WRONG_BALANCERS } from '../wrong-stand-ins/slow-wrong-balancers.ts';
import { WRONG_BALANCERS } from '../wrong-stand-ins/wrong-balancers.ts';
import { WRONG_ECS } from '../wrong-stand-ins/wrong-ecs.ts';

// A sample of the suite long-conformance: the checks that wait for nothing, and some of the wrong load balancers.

const THEMES = ['rules', 'answers', 'headers', 'tokens', 'mutual-tls'];
const quick = CHECKS.filter(({ theme, long }) => THEMES.includes(theme) && !long).map(({ id }) => id);
/** Those that wait for an idle timeout are left out. */
const wrong = WRONG_BALANCERS.filter(({ tells }) => tells.every((id) => quick.includes(id)));
const SAMPLE = 3;
const first = commitSeed() % wrong.length;
const sample = Array.from({ length: SAMPLE }, (_, index) => wrong[(first + index) % wrong.length]!);

setDefaultTimeout(240_000);

const world = worldOfProbes(240_000);

test('the load balancer does what AWS documents about rules, answers, headers, tokens and certificates', async () => {
  expect(quick.length).toBeGreaterThan(100);
  expect(await told(world(), quick, await readRecordings())).toEqual([]);
});

test.each(sample.map((one) => [one.name, one] as const))(
  'the checks find a wrong load balancer: %s',
  async (_name, one) => expectFound(world(), one),
);

test('every theme has a wrong load balancer or a wrong ECS that its checks have to find', () => {
  const tells = new Set(
    [...WRONG_BALANCERS, ...SLOW_WRONG_BALANCERS, ...WRONG_ECS].flatMap((one) => one.tells),
  );
  const found = CHECKS.filter(({ id }) => tells.has(id));
  process.stdout.write(`figure: ${found.length} of ${CHECKS.length} checks have to find a wrong stand-in\n`);
  expect(found.length).toBe(tells.size);
  expect(new Set(found.map(({ theme }) => theme))).toEqual(new Set(ALL_THEMES));
});
