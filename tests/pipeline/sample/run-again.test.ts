import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGithub, type Github } from '@lornu/standins/github/server.ts';
import { runWorkflow, type Attempt, type JobReport } from '../runner/run-workflow.ts';
import type { PipelineWorld } from '../runner/world.ts';
import { EVENTS } from '../workflow/events.ts';
import { parseWorkflow } from '../workflow/workflow.ts';

// Re-runs of a small workflow with the same shape as ours. all/lifecycle.test.ts re-runs our own one, with its commands.

const WORKFLOW = parseWorkflow(`
name: Small
on: { workflow_dispatch: {} }
concurrency: { group: small, cancel-in-progress: false }
jobs:
  other:
    name: Other
    runs-on: here
    steps: [{ name: Say, run: echo "other ran" }]
  plan:
    name: Plan
    runs-on: here
    outputs: { approval: '\${{ steps.plan.outputs.approval }}' }
    steps:
      - id: plan
        run: |
          mkdir -p delivery
          echo "plan of attempt $GITHUB_RUN_ATTEMPT" > delivery/plan
          echo "approval=attempt \${{ github.run_attempt }}" >> "$GITHUB_OUTPUT"
      - uses: actions/upload-artifact@0000
        with: { name: plan, path: delivery }
  apply:
    name: Apply
    needs: [plan]
    environment: staging
    runs-on: here
    steps:
      - uses: actions/download-artifact@0000
        with: { name: plan, path: approved }
      - run: echo "$(cat approved/plan), approved was \${{ needs.plan.outputs.approval }}, in attempt $GITHUB_RUN_ATTEMPT"
`);

let folder: string;
let github: Github;
let world: PipelineWorld;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lornu-run-again-'));
  github = startGithub('lornu-ai/lornu-aws-staging');
  github.environments.set('staging', { reviewers: ['maintainer'] });
  world = {
    root: folder,
    repository: folder,
    commit: '0'.repeat(40),
    folder,
    github,
    emulatorUrl: '',
    vars: {},
    secrets: {},
    environmentSecrets: {},
    env: { PATH: process.env['PATH'] },
    cosignFolder: '',
    trivyFolder: '',
    reviewer: 'maintainer',
    signal: new AbortController().signal,
  };
});
afterAll(async () => {
  await github.stop();
  await rm(folder, { recursive: true, force: true });
});

async function attempt(
  runId: string,
  number: number,
  again?: Attempt['again'],
  reviewer: string | undefined = 'maintainer',
): Promise<Record<string, JobReport>> {
  return runWorkflow(
    WORKFLOW,
    EVENTS['deploy started on main'],
    { ...world, reviewer },
    { runId, number, ...(again ? { again } : {}) },
  );
}

/** The last line of the job apply. */
const applied = (reports: Record<string, JobReport>): string => reports['apply']?.steps.at(-1)?.output ?? '';

test('a job that is re-run alone sees the artifact of the first attempt, and the kept outputs', async () => {
  const first = await attempt('one', 1);
  expect(applied(first)).toBe('plan of attempt 1, approved was attempt 1, in attempt 1');
  const second = await attempt('one', 2, { job: 'apply', reports: first });
  expect(applied(second)).toBe('plan of attempt 1, approved was attempt 1, in attempt 2');
  expect(second['other']).toBe(first['other']);
  expect(second['plan']).toBe(first['plan']);
});

test('each attempt is asked for an approval again', async () => {
  const first = await attempt('two', 1);
  expect(first['apply']?.result).toBe('success');
  const waiting = await attempt('two', 2, { job: 'apply', reports: first }, '');
  expect(waiting['apply']).toMatchObject({ result: 'cancelled', waiting: true, steps: [] });
});

test('a re-run also runs the jobs that need the job, with the newest artifact', async () => {
  const first = await attempt('three', 1);
  const second = await attempt('three', 2, { job: 'plan', reports: first });
  expect(applied(second)).toBe('plan of attempt 2, approved was attempt 2, in attempt 2');
  const third = await attempt('three', 3, { job: 'apply', reports: second });
  expect(applied(third)).toBe('plan of attempt 2, approved was attempt 2, in attempt 3');
});

test('a re-run of all jobs does not see artifacts of earlier attempts', async () => {
  const first = await attempt('four', 1);
  const { plan } = WORKFLOW.jobs;
  const silent = { ...plan!, steps: plan!.steps.slice(0, 1) };
  const workflow = { ...WORKFLOW, jobs: { ...WORKFLOW.jobs, plan: silent } };
  const second = await runWorkflow(workflow, EVENTS['deploy started on main'], world, {
    runId: 'four',
    number: 2,
  });
  expect(first['apply']?.result).toBe('success');
  expect(second['apply']?.steps[0]?.output).toContain('Artifact not found for name: plan');
});

test('a second artifact of the same name in one attempt is refused', async () => {
  const { plan } = WORKFLOW.jobs;
  const [write, upload] = plan!.steps;
  const workflow = { ...WORKFLOW, jobs: { plan: { ...plan!, steps: [write!, upload!, upload!] } } };
  const { plan: report } = await runWorkflow(workflow, EVENTS['deploy started on main'], world);
  expect(report?.steps.map(({ outcome }) => outcome)).toEqual(['success', 'success', 'failure']);
  expect(report?.steps[2]?.output).toContain('(409) Conflict');
});
