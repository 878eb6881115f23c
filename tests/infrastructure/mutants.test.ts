import { expect, test } from 'bun:test';
import { CHECKS } from './checks/all.ts';
import { judge } from './checks/check.ts';
import { createJudge, findMutants } from './mutation/judge-mutants.ts';
import { KNOWN_SURVIVORS } from './mutation/known-survivors.ts';
import { OPERATORS } from './mutation/operators/all.ts';
import { scoreMutants, scoreOf } from './mutation/score.ts';
import { shuffled } from '@lornu/ops/base/seeded.ts';
import { getDocuments } from './plan/documents.ts';
import { readEnvironment } from './plan/environment.ts';
import { commitSeed } from '../support/commit-seed.ts';

const LEAST = 0.9;
/** All take a few seconds; a busy machine judges as many as fit, others with each commit. */
const JUDGING_MS = 40_000;

const environment = readEnvironment(await getDocuments());

test('every kind of wrong configuration fails a check', () => {
  const { score } = scoreMutants(findMutants(environment), createJudge(CHECKS, environment), {
    what: 'wrong configurations',
    operators: OPERATORS,
    known: KNOWN_SURVIVORS,
    seed: commitSeed(),
    forMs: JUDGING_MS,
  });
  expect(score.tried).toBeGreaterThan(500);
  expect(score.noticed / score.tried).toBeGreaterThanOrEqual(LEAST);
  expect(score.unexpected).toEqual([]);
  expect(score.noticedByNow, 'these are noticed now: take them off the list').toEqual([]);
}, 120_000);

test('every known survivor is an existing mutant, with a reason', () => {
  const ids = new Set(findMutants(environment).map(({ id }) => id));
  expect(KNOWN_SURVIVORS.filter(({ id }) => !ids.has(id)).map(({ id }) => id)).toEqual([]);
  for (const { why } of KNOWN_SURVIVORS) expect(why.length).toBeGreaterThan(20);
});

test('running only the checks that a change concerns gives the same result as running all', () => {
  // A check that fails already finds a problem in every mutant, and would hide what this test is about.
  const sound = CHECKS.filter((check) => judge([check], environment).length === 0);
  const judgeOne = createJudge(sound, environment);
  for (const mutant of shuffled(findMutants(environment), 7).slice(0, 150)) {
    const quick = judgeOne(mutant)?.noticed !== undefined;
    expect({ id: mutant.id, noticed: quick }).toEqual({
      id: mutant.id,
      noticed: judge(sound, mutant.make()).length > 0,
    });
  }
}, 120_000);

test('a survivor is distinguished from a detected mutant', () => {
  // Only two checks: a mutant that concerns neither must survive.
  const few = CHECKS.filter(({ id }) => id.startsWith('load-balancer/health-check'));
  const mutants = findMutants(environment).filter(
    ({ id }) => id.includes('health_check.0') || id.includes('aws_kms_key'),
  );
  const score = scoreOf(
    mutants.flatMap((mutant) => createJudge(few, environment)(mutant) ?? []),
    [],
  );
  expect(score.noticed).toBeGreaterThan(10);
  expect(score.unexpected.length).toBeGreaterThan(10);
  expect(score.unexpected.every((id) => id.includes('aws_kms_key'))).toBe(true);
});
