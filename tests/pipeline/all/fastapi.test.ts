import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { EVENTS } from '../workflow/events.ts';
import { runWorkflow } from '../runner/run-workflow.ts';
import { expectRan, expectResult, logOf } from '../kit.ts';
import { startStaging, type Staging } from '../staging.ts';
import { RUN_BY } from '../steps.ts';

setDefaultTimeout(25 * 60_000);

// docs/operations.md, "Fail over": the Python agent replaces the service behind the same load balancer, through the
// workflow like every deploy. That needs its revision at /version, without a token.

let staging: Staging;
beforeAll(async () => void (staging = await startStaging('fastapi')));
afterAll(() => staging?.stop(), 5 * 60_000);

const deploy = async (revision: string) => {
  const event = { ...EVENTS['rollback started on main'], inputs: { action: 'rollback', revision } };
  return runWorkflow(staging.workflow, event, staging.world);
};

test('the FastAPI agent is deployed, served and verified', async () => {
  const revision = await staging.pushImage('good');
  const { plan, apply } = await deploy(revision);
  expectResult(plan, 'success');
  expectResult(apply, 'success');
  expect(logOf(apply)).toContain(`${revision} is served at https://aws-staging.lornu.example`);
});

test('an image that does not run is rolled back by ECS and by the workflow, and the run fails', async () => {
  const before = staging.revision();
  const revision = await staging.pushImage('bad');
  const { plan, apply } = await deploy(revision);
  expectResult(plan, 'success');
  expectResult(apply, 'failure');
  expect(logOf(apply)).toContain(`${revision} is not served: ECS rolled it back.`);
  expect(logOf(apply)).toContain(`${revision} was rolled back: ${before} is served again.`);
  expect(staging.revision()).toBe(before);
});

test('the claimed steps were run here', () => {
  expectRan(staging.ran, RUN_BY['all/fastapi']);
});
