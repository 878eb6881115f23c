import { beforeAll, expect, test } from 'bun:test';
import { CHECKS } from './checks/all.ts';
import { judge } from './checks/check.ts';
import { createJudge, findMutants, type Judged } from './mutation/judge-mutants.ts';
import { KNOWN_SURVIVORS } from './mutation/known-survivors.ts';
import { OPERATORS } from './mutation/operators/all.ts';
import { percent, scoreOf } from './mutation/score.ts';
import { shuffled } from '@lornu/ops/base/seeded.ts';
import { getDocuments } from './plan/documents.ts';
import { readEnvironment, type PlannedEnvironment } from './plan/environment.ts';
import { commitSeed } from '../support/commit-seed.ts';

const LEAST = 0.9;
const APPLY_MS = 10 * 60_000;
/** All of them take a few seconds; a busy machine judges as many as fit. */
const JUDGING_MS = 40_000;
/** Another order with each commit, so that a busy machine judges others. */
const SEED = commitSeed();

let environment: PlannedEnvironment;
beforeAll(async () => {
  environment = readEnvironment(await getDocuments());
}, APPLY_MS);

test('every kind of wrong configuration fails a check', () => {
  const mutants = shuffled(findMutants(environment), SEED);
  const judgeOne = createJudge(CHECKS, environment);
  const judged: Judged[] = [];
  const endMs = performance.now() + JUDGING_MS;
  let looked = 0;
  for (const mutant of mutants) {
    if (performance.now() > endMs) break;
    looked += 1;
    const result = judgeOne(mutant);
    if (result) judged.push(result);
  }
  const score = scoreOf(judged);
  for (const { operator, noticed, tried } of score.operators.toSorted((a, b) =>
    a.operator.localeCompare(b.operator),
  )) {
    const title = OPERATORS.find(({ name }) => name === operator)?.title ?? '';
    process.stdout.write(
      `${String(noticed).padStart(5)} of ${String(tried).padEnd(5)} ${operator.padEnd(17)} ${title}\n`,
    );
  }
  for (const { id, verdict, why } of score.known) process.stdout.write(`${verdict}: ${id} (${why})\n`);
  for (const id of score.unexpected) process.stdout.write(`unnoticed: ${id}\n`);
  process.stdout.write(
    `figure: ${score.noticed} of ${score.tried} wrong configurations noticed, ${percent(score.noticed, score.tried)} ` +
      `(${OPERATORS.length} operators; ${looked === mutants.length ? 'all of them' : `a sample of ${mutants.length}`}; seed ${SEED}; ` +
      `${score.known.length} survivors with a verdict, ${score.unexpected.length} without)\n`,
  );
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
