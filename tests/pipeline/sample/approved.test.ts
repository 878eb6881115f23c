import { afterAll, beforeAll, expect, test } from 'bun:test';
import { tryCommand, type CommandResult } from '@lornu/ops/process/run-command.ts';
import { EVENTS, type EventName } from '../workflow/events.ts';
import { runWorkflow, type JobReport } from '../runner/run-workflow.ts';
import type { StepEnv } from '../runner/world.ts';
import { CASES, REVISION, tryAll, type Refusal } from './attempts.ts';
import { expectRan, logOf, startPipeline, WORKSPACE, type Pipeline } from '../kit.ts';
import { finishDeployment, finishNextDeployment, stallDeployment } from '../service.ts';
import { RUN_BY } from '../steps.ts';

// One run of the workflow, with its commands taken from the YAML. Just before its apply step, everything that must stop
// an apply is tried on copies of the approved folder; then the run continues normally.

let pipeline: Pipeline;
let reports: Record<string, JobReport>;
let others: Record<'firstNight' | 'fork' | 'branch' | 'schedule', Record<string, JobReport>>;
let again: Record<string, JobReport>;
let refusals: Record<string, Refusal>;
let interrupted: CommandResult;
/** Digest of the image that is deployed. */
let image: string;

beforeAll(async () => {
  pipeline = await startPipeline();
  image = await pipeline.pushImage(REVISION);
  const { world } = pipeline;
  world.before = async ({ job, step, checkout, env }) => {
    if (job !== 'apply') return;
    if (step === 'apply') refusals = await tryAll({ pipeline, image, checkout, env });
    if (step !== 'deploy') return;
    interrupted = await interruptDeploy(checkout, env);
    await finishDeployment(pipeline, REVISION);
  };
  world.instead = { verify: () => 0 };
  const run = async (event: EventName) => runWorkflow(pipeline.workflow, EVENTS[event], world);
  const firstNight = await run('the schedule');
  reports = await run('rollback started on main');
  others = {
    firstNight,
    fork: await run('a pull request of a fork'),
    branch: await run('deploy started on another branch'),
    schedule: await run('the schedule'),
  };
  const stalled = await stallDeployment(pipeline, 'ECS deployment circuit breaker: tasks failed to start.');
  world.before = ({ job, step }) => {
    if (job === 'apply' && step === 'deploy') void finishNextDeployment(pipeline, stalled, REVISION);
  };
  again = await run('rollback started on main');
}, 600_000);
afterAll(() => pipeline?.stop(), 5 * 60_000);

test('the approved plan is applied, and the job waits until it is served', () => {
  const { plan, apply } = reports;
  expect(logOf(plan)).toContain('3 to create');
  expect(plan?.result).toBe('success');
  expect(plan?.outputs['approval']).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(plan?.summary).toContain(plan?.outputs['approval'] ?? 'no digest');
  expect(logOf(apply)).toContain(`${REVISION} is served at ${pipeline.service.url}`);
  expect(apply?.result).toBe('success');
  expect(apply?.steps.map(({ step, outcome }) => `${step} ${outcome}`)).toEqual([
    'actions/checkout success',
    'hashicorp/setup-terraform success',
    'sigstore/cosign-installer success',
    'actions/download-artifact success',
    'aws-actions/configure-aws-credentials success',
    'apply success',
    'deploy success',
    'verify success',
    'rollback skipped',
  ]);
  expect(reports['publish']?.result).toBe('skipped');
  expect(pipeline.cloud.state(WORKSPACE)?.serial).toBeGreaterThan(0);
});

test('a wait that is interrupted before says that the deployment goes on, and what waits for it again', () => {
  expect(interrupted.signal).toBe('SIGINT');
  expect(interrupted.tail.slice(-3)).toEqual([
    `The wait for ${REVISION} was interrupted. A deployment that has begun at ECS goes on without it.`,
    expect.stringMatching(/^ {2}why: {2}The wait itself changed nothing\./),
    `  next: ./lornu deploy --revision ${REVISION} waits for it again, ./lornu rollback REVISION goes back.`,
  ]);
});

test('after a failed first deployment, the same commit is deployed by a new deployment', () => {
  expect(logOf(again['plan'])).toContain('nothing to change');
  expect(logOf(again['apply'])).toContain(
    'by a new deployment: the last one had failed (ECS deployment circuit breaker',
  );
  expect(logOf(again['apply'])).toContain(`${REVISION} is served at ${pipeline.service.url}`);
  expect(again['apply']?.result).toBe('success');
});

test('a fork gets a note why there is no plan, another branch that it cannot deploy', () => {
  expect(others.fork['no-credentials']?.result).toBe('success');
  expect(others.fork['no-credentials']?.summary).toContain('get no credentials');
  expect(others.branch['not-main']?.result).toBe('failure');
  expect(logOf(others.branch['not-main'])).toContain('Staging is changed from main only');
});

test('before the first deploy the drift check passes and says why', () => {
  expect(logOf(others.firstNight['drift'])).toContain('Nothing has been deployed yet');
  expect(others.firstNight['drift']?.result).toBe('success');
});

test('right after a deploy there is no drift, and no issue is opened', () => {
  expect(logOf(others.schedule['drift'])).toContain('Nothing differs.');
  expect(others.schedule['drift']?.result).toBe('success');
  expect(pipeline.github.issues).toEqual([]);
});

test('the claimed steps were run here', () => {
  expectRan(pipeline.ran, RUN_BY['sample/approved']);
});

for (const [name, { words }] of Object.entries(CASES)) {
  test(`stops before anything changes: ${name}`, () => {
    const { expected, exitCode, said, changed } = refusals[name] ?? {
      expected: 1,
      exitCode: undefined,
      said: 'it was not tried',
      changed: [],
    };
    expect(said).toContain(words);
    expect(said).toMatch(/\n {2}next: \S/);
    expect(said).not.toContain('    at ');
    expect(exitCode).toBe(expected);
    expect(changed).toEqual([]);
  });
}

/** `lornu deploy` while ECS is still deploying, with Ctrl-C as soon as it waits. */
async function interruptDeploy(checkout: string, env: StepEnv): Promise<CommandResult> {
  const interrupt = new AbortController();
  return tryCommand(['./lornu', 'deploy'], {
    cwd: checkout,
    env,
    signal: interrupt.signal,
    stop: { signal: 'SIGINT', withinMs: 60_000 },
    onLine: (line) => void (line.startsWith('... Wait until ') && interrupt.abort()),
  });
}
