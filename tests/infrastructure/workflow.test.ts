import { examineWorkflow } from '../pipeline/workflow/examine-workflow.ts';
import { describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { parse, parseDocument } from 'yaml';
import { getDocuments, ROOT } from './plan/documents.ts';
import type { Json } from './plan/document.ts';
import { readEnvironment } from './plan/environment.ts';
import { judgeWorkflow } from './workflow/check.ts';
import {
  judgeWorkflowMutants,
  KNOWN_WORKFLOW_SURVIVORS,
  WORKFLOW_CHECKS,
  WORKFLOW_FILE,
} from './workflow/judge.ts';
import { findWorkflowMutants } from './workflow/operators/all.ts';
import { written } from './workflow/places.ts';
import { commitSeed } from '../support/commit-seed.ts';

const SEED = commitSeed();
/** A sample in every run; tests/infrastructure-whole judges all of them. */
const JUDGING_MS = 12_000;

const environment = readEnvironment(await getDocuments());
const text = await Bun.file(join(ROOT, WORKFLOW_FILE)).text();

describe('the workflow', () => {
  test.each(Object.entries(WORKFLOW_CHECKS))('%s', (id, check) => {
    expect(judgeWorkflow({ [id]: check }, parse(text) as Json, environment)).toEqual([]);
  });

  test('keeps the promises of the delivery', () => {
    expect(examineWorkflow(text)).toEqual([]);
  });

  test('is the same file after it was parsed and written', () => {
    expect(parse(written(parseDocument(text)))).toEqual(parse(text));
  });
});

test('every kind of wrong workflow fails a check (a sample)', async () => {
  const { score } = await judgeWorkflowMutants(environment, SEED, JUDGING_MS);
  expect(score.tried).toBeGreaterThan(50);
  expect(score.noticed / score.tried).toBeGreaterThanOrEqual(0.9);
  expect(score.unexpected).toEqual([]);
}, 120_000);

test('every known survivor is an existing mutant', () => {
  const ids = new Set(findWorkflowMutants(parseDocument(text)).map(({ id }) => id));
  expect(KNOWN_WORKFLOW_SURVIVORS.filter(({ id }) => !ids.has(id))).toEqual([]);
});
