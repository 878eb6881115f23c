import { expect, setDefaultTimeout, test } from 'bun:test';
import { getDocuments } from '../infrastructure/plan/documents.ts';
import { readEnvironment } from '../infrastructure/plan/environment.ts';
import { judgeWorkflowMutants } from '../infrastructure/workflow/judge.ts';

const MINUTES = 60_000;

setDefaultTimeout(20 * MINUTES);

test('every wrong workflow fails a check', async () => {
  const environment = readEnvironment(await getDocuments());
  const { score, all } = await judgeWorkflowMutants(environment, 1, 8 * MINUTES);
  expect(all).toBe(true);
  expect(score.tried).toBeGreaterThan(500);
  expect(score.noticed / score.tried).toBeGreaterThanOrEqual(0.9);
  expect(score.unexpected).toEqual([]);
  expect(score.noticedByNow, 'these are noticed now: take them off the list').toEqual([]);
});
