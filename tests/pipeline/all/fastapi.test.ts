import { afterAll, beforeAll, setDefaultTimeout, test } from 'bun:test';
import { expectRan } from '../kit.ts';
import { deployBad, deployGood, startStaging, type Staging } from '../staging.ts';
import { RUN_BY } from '../steps.ts';

setDefaultTimeout(25 * 60_000);

// docs/operations.md, "Fail over": the Python agent replaces the service behind the same load balancer, through the
// workflow like every deploy. That needs its revision at /version, without a token.

let staging: Staging;
beforeAll(async () => void (staging = await startStaging('fastapi')));
afterAll(() => staging?.stop(), 5 * 60_000);

test('the FastAPI agent is deployed, served and verified', () => deployGood(staging));

test('an image that does not run is rolled back by ECS and by the workflow, and the run fails', () =>
  deployBad(staging));

test('the claimed steps were run here', () => {
  expectRan(staging.ran, RUN_BY['all/fastapi']);
});
