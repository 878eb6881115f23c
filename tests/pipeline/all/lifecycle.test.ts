import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EVENTS, type EventName } from '../workflow/events.ts';
import { createAwsClients } from '@lornu/rehearsal/emulator/aws-clients.ts';
import { runWorkflow, type Attempt, type JobReport } from '../runner/run-workflow.ts';
import { expectRan, expectResult, logOf, startPipeline, TOKEN, WORKSPACE, type Pipeline } from '../kit.ts';
import { finishDeployment, rollBackDeployment, runningRevision } from '../service.ts';
import { RUN_BY } from '../steps.ts';

setDefaultTimeout(10 * 60_000);

// The life of an environment through the workflow, one run after the other: each test continues where the previous one
// ended.

const FIRST = '0123456789ab';
const SECOND = 'ba9876543210';
const STACK = 'terraform/aws/staging/main.tf';
/** Steps that need a deployed service, or agents that change. */
const INSTEAD = { verify: () => 0, replay: () => 0 };
let pipeline: Pipeline;

beforeAll(async () => {
  pipeline = await startPipeline();
  await pipeline.pushImage(FIRST);
  await pipeline.pushImage(SECOND);
  pipeline.world.instead = INSTEAD;
});
afterAll(() => pipeline?.stop(), 5 * 60_000);

async function run(
  name: EventName,
  revision?: string,
  attempt?: Attempt,
): Promise<Record<string, JobReport>> {
  const event = EVENTS[name];
  const inputs = revision ? { ...event.inputs, revision } : event.inputs;
  return runWorkflow(pipeline.workflow, { ...event, inputs }, pipeline.world, attempt);
}

test('a pull request is planned, scanned and commented, never applied', async () => {
  const { review, apply } = await run('a pull request of a branch');
  expect(logOf(review)).toContain('3 to create');
  expectResult(review, 'success');
  expectResult(apply, 'skipped');
  expect(pipeline.cloud.state(WORKSPACE)).toBeUndefined();
  expect(pipeline.cloud.requests.filter((request) => request.includes('/actions/lock'))).toEqual([]);
  expect(pipeline.github.comments).toHaveLength(1);
  expect(pipeline.github.comments[0]?.body).toContain('A plan for review: it is never applied.');
  expect(pipeline.github.comments[0]?.body).toContain('36.04 USD a month (+36.04)');
});

test('a second push updates the same comment, even if the scan stops it', async () => {
  const before = pipeline.world.commit;
  await pipeline.commit('Let the disk be written', async (folder) => {
    const text = await readFile(join(folder, STACK), 'utf8');
    await writeFile(
      join(folder, STACK),
      text.replace('readonlyRootFilesystem = true', 'readonlyRootFilesystem = false'),
    );
  });
  const { review } = await run('a pull request of a branch');
  expectResult(review, 'failure');
  expect(review?.steps.find(({ step }) => step === 'plan scan')?.output).toContain('CKV_AWS_336');
  expect(pipeline.github.comments).toHaveLength(1);
  expect(pipeline.github.comments[0]?.body).toContain('**checkov found 1: CKV_AWS_336.**');
  pipeline.world.commit = before;
});

test('without approval nothing is applied', async () => {
  pipeline.world.reviewer = undefined;
  const { plan, apply } = await run('rollback started on main', FIRST);
  pipeline.world.reviewer = 'maintainer';
  expectResult(plan, 'success');
  expect(apply).toMatchObject({ result: 'cancelled', waiting: true });
  expect(pipeline.cloud.state(WORKSPACE)).toBeUndefined();
});

test('a missing image stops the plan', async () => {
  const { plan, apply } = await run('rollback started on main', 'feedfeedfeed');
  expectResult(plan, 'failure');
  expect(logOf(plan)).toContain('There is no image of feedfeedfeed.');
  expectResult(apply, 'skipped');
});

test("an expired token of GitHub's gets no AWS credentials", async () => {
  pipeline.world.tokenLifetimeS = -1;
  const { plan, apply } = await run('rollback started on main', FIRST);
  delete pipeline.world.tokenLifetimeS;
  expectResult(plan, 'failure');
  expect(logOf(plan)).toContain('Token expired: current date/time must be before the expiration date/time');
  expectResult(apply, 'skipped');
});

test('the apply role can only be assumed from the approved environment', async () => {
  const { apply: job, ...others } = pipeline.workflow.jobs;
  const { environment: _, ...open } = job ?? ({} as never);
  const workflow = { ...pipeline.workflow, jobs: { ...others, apply: open } };
  const event = { ...EVENTS['rollback started on main'], inputs: { action: 'rollback', revision: FIRST } };
  const { apply } = await runWorkflow(workflow, event, pipeline.world);
  expectResult(apply, 'failure');
  expect(logOf(apply)).toContain('Not authorized to perform sts:AssumeRoleWithWebIdentity');
  expect(pipeline.cloud.state(WORKSPACE)).toBeUndefined();
});

test('a locked state stops a plan for a deploy', async () => {
  pipeline.cloud.lock(WORKSPACE, 'User somebody');
  const { plan, apply } = await run('rollback started on main', FIRST);
  pipeline.cloud.unlock(WORKSPACE);
  expectResult(plan, 'failure');
  expect(logOf(plan)).toContain('The state is locked: another run is planning or applying');
  expectResult(apply, 'skipped');
});

test('a plan with a secret is not kept, not handed on and not printed', async () => {
  const { commit } = pipeline.world;
  let left: string[] | undefined;
  pipeline.world.before = async ({ job, step, checkout }) => {
    // Steps after a failed one are skipped; the folder is examined after the run.
    if (job === 'plan' && step === 'plan') left = [join(checkout, '.lornu/delivery')];
  };
  await pipeline.commit('Let Terraform know a password', async (folder) => {
    const text = await readFile(join(folder, STACK), 'utf8');
    const secret = `
variable "password" {
type      = string
default   = "a-planted-secret"
sensitive = true
}

output "password" {
value     = var.password
sensitive = true
}
`;
    await writeFile(join(folder, STACK), text + secret);
  });
  const { plan, apply } = await run('rollback started on main', FIRST);
  delete pipeline.world.before;
  pipeline.world.commit = commit;
  expectResult(plan, 'failure');
  expectResult(apply, 'skipped');
  expect(logOf(plan)).toContain('It contains secret values: var.password, output.password.');
  expect(logOf(plan)).not.toContain('a-planted-secret');
  expect(left).toHaveLength(1);
  expect(await readdir(left?.[0] ?? '').catch(() => 'gone')).toBe('gone');
});

test('an apply that failed is re-run alone: it waits for an approval again, then applies the first plan, and only once', async () => {
  const attempts: Record<string, JobReport>[] = [];
  const applyAgain = async (): Promise<JobReport | undefined> => {
    const reports = attempts.at(-1);
    const again = reports ? { again: { job: 'apply', reports } } : {};
    const attempt = { runId: 'the-first-deploy', number: attempts.length + 1, ...again };
    attempts.push(await run('rollback started on main', FIRST, attempt));
    return attempts.at(-1)?.['apply'];
  };
  pipeline.tokens.delete(TOKEN);
  const failed = await applyAgain();
  pipeline.tokens.set(TOKEN, 'write');
  expectResult(failed, 'failure');
  expect(logOf(failed)).toContain('Terraform Cloud does not accept the token');

  pipeline.world.reviewer = undefined;
  expect(await applyAgain()).toMatchObject({ result: 'cancelled', waiting: true });
  pipeline.world.reviewer = 'maintainer';
  expect(pipeline.cloud.state(WORKSPACE)).toBeUndefined();

  pipeline.world.before = async ({ job, step }) => {
    if (job === 'apply' && step === 'deploy') await finishDeployment(pipeline, FIRST);
  };
  const applied = await applyAgain();
  expect(logOf(applied)).toContain(`${FIRST} is served`);
  expectResult(applied, 'success');
  expect(attempts[2]?.['plan']).toBe(attempts[0]?.['plan']);
  expect(runningRevision(pipeline)).toBe(FIRST);

  const once = await applyAgain();
  expectResult(once, 'failure');
  expect(logOf(once)).toMatch(
    /The state has changed since: it is serial \d+, and the plan was made against 0/,
  );
});

test('the scheduled check finds manual changes, and opens and closes one issue for them', async () => {
  const { ecs } = createAwsClients(pipeline.emulator.url);
  const set = async (desiredCount: number) =>
    ecs.updateService({ cluster: 'lornu-staging', service: 'agent', desiredCount });
  await set(5);
  for (const _ of ['first', 'second']) {
    const { drift } = await run('the schedule');
    expect(logOf(drift)).toContain('update aws_ecs_service.agent (desired_count)');
    expectResult(drift, 'failure');
  }
  expect(pipeline.github.issues).toHaveLength(1);
  expect(pipeline.github.issues[0]).toMatchObject({ state: 'open', labels: ['drift'] });
  expect(pipeline.github.issues[0]?.body).toContain('aws_ecs_service.agent');
  await set(2);
  const { drift } = await run('the schedule');
  expectResult(drift, 'success');
  expect(pipeline.github.issues).toHaveLength(1);
  expect(pipeline.github.issues[0]?.state).toBe('closed');
});

test('a deploy that ECS rolls back fails with its reason, and Terraform is brought back in line', async () => {
  const reason = 'ECS deployment circuit breaker: tasks failed to start.';
  // The rollback starts a deployment of its own; ECS finishes it while the rollback waits.
  let watching: ReturnType<typeof setInterval> | undefined;
  pipeline.world.before = async ({ job, step }) => {
    if (job !== 'apply') return;
    if (step === 'deploy') await rollBackDeployment(pipeline, reason);
    if (step === 'rollback') watching = setInterval(() => void finishOnceBack().catch(() => undefined), 500);
  };
  const { apply } = await run('rollback started on main', SECOND);
  clearInterval(watching);
  expectResult(apply, 'failure');
  const log = logOf(apply);
  expect(log).toContain(`${SECOND} is not served: ECS rolled it back.`);
  expect(log).toContain(`why:  ${reason}`);
  expect(log).toContain(`${SECOND} was rolled back: ${FIRST} is served again.`);
  expect(runningRevision(pipeline)).toBe(FIRST);
});

test('a deploy that fails its verification is rolled back and fails', async () => {
  pipeline.world.before = async ({ job, step }) => {
    if (job === 'apply' && step === 'deploy') await finishDeployment(pipeline, SECOND);
  };
  let back: ReturnType<typeof setInterval> | undefined;
  pipeline.world.instead = {
    ...INSTEAD,
    verify: () => {
      back = setInterval(() => void finishOnceBack().catch(() => undefined), 500);
      return 1;
    },
  };
  const { apply } = await run('rollback started on main', SECOND);
  clearInterval(back);
  pipeline.world.instead = INSTEAD;
  expectResult(apply, 'failure');
  expect(logOf(apply)).toContain(`${SECOND} is served`);
  expect(logOf(apply)).toContain(`${SECOND} was rolled back: ${FIRST} is served again.`);
  expect(runningRevision(pipeline)).toBe(FIRST);
});

test('an apply that fails in the middle says what is applied, what is not, and what to do', async () => {
  delete pipeline.world.before;
  await pipeline.commit('Give the service a subnet that is not there', async (folder) => {
    const text = await readFile(join(folder, STACK), 'utf8');
    const extra = `
resource "aws_ecs_cluster" "another" {
name = "lornu-staging-another"

setting {
  name  = "containerInsights"
  value = "enabled"
}
}
`;
    await writeFile(
      join(folder, STACK),
      text.replace('subnets         = var.subnets', 'subnets         = ["subnet-00000000"]') + extra,
    );
  });
  const { plan, apply } = await run('rollback started on main', FIRST);
  expectResult(plan, 'success');
  expectResult(apply, 'failure');
  const log = logOf(apply);
  expect(log).toContain('The plan was applied in part: 1 of 2 changes are done.');
  expect(log).toContain('applied (1):\n  |   aws_ecs_cluster.another');
  expect(log).toContain('failed (1):\n  |   aws_ecs_service.agent');
  expect(log).toContain('next: Fix the cause, then plan again');
  expect(apply?.steps.find(({ step }) => step === 'rollback')?.outcome).toBe('skipped');
});

test('an expired token for Terraform Cloud is named in every job', async () => {
  const tokens = [...pipeline.tokens];
  pipeline.tokens.clear();
  const { review } = await run('a pull request of a branch');
  const { drift } = await run('the schedule');
  for (const [token, right] of tokens) pipeline.tokens.set(token, right);
  for (const report of [review, drift]) {
    expectResult(report, 'failure');
    expect(logOf(report)).toContain('Terraform Cloud does not accept the token');
  }
});

test('the claimed steps were run here', () => {
  expectRan(pipeline.ran, RUN_BY['all/lifecycle']);
});

/** Finishes the newest deployment once it is one of the first revision. */
async function finishOnceBack(): Promise<void> {
  if (runningRevision(pipeline) === FIRST) await finishDeployment(pipeline, FIRST);
}
