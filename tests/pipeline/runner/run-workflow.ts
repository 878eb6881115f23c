import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tryCommand } from '@lornu/ops/process/run-command.ts';
import { jobContexts, type Event, type JobResult } from '../workflow/events.ts';
import { stepKey } from '../workflow/examine-workflow.ts';
import { interpolate, permits, type Contexts } from '../workflow/expression.ts';
import type { Job, Workflow, WorkflowStep } from '../workflow/workflow.ts';
import { ACTIONS } from './actions.ts';
import type { PipelineWorld, RunAttempt } from './world.ts';

const WORKFLOW_FILE = '.github/workflows/terraform-aws.yml';

export interface StepReport {
  step: string;
  outcome: 'success' | 'failure' | 'skipped';
  /** Both streams, as a person reads them in the log. */
  output: string;
}

export interface JobReport {
  result: JobResult;
  /** "waiting" if nobody has approved its environment. */
  waiting?: boolean;
  steps: StepReport[];
  outputs: Record<string, string>;
  /** Markdown of the run's summary page. */
  summary: string;
}

export interface Attempt extends RunAttempt {
  /** A re-run of one job: that job, and the reports of the attempt before. Absent in a run of all jobs. */
  again?: { job: string; reports: Readonly<Record<string, JobReport>> };
}

/**
 * Runs the workflow for an event as GitHub does: jobs after those they need, each in its own checkout, commands by bash
 * from the YAML itself; actions.ts has the effects of actions.
 *
 * A re-run of one job runs the jobs that need it too. The other jobs keep their results and outputs. Environments ask
 * for an approval again. https://docs.github.com/actions/managing-workflow-runs/re-running-workflows-and-jobs
 */
export async function runWorkflow(
  workflow: Workflow,
  event: Event,
  world: PipelineWorld,
  attempt: Attempt = { runId: crypto.randomUUID(), number: 1 },
): Promise<Record<string, JobReport>> {
  const reports: Record<string, JobReport> = {};
  const kept = attempt.again ? keptReports(workflow, attempt.again) : {};
  for (const [name, job] of Object.entries(workflow.jobs)) {
    const before = kept[name];
    if (before) {
      reports[name] = before;
      continue;
    }
    const needs = Object.fromEntries(
      job.needs.map((need) => {
        const { result = 'skipped', outputs = {} } = reports[need] ?? {};
        return [need, { result, outputs }] as const;
      }),
    );
    const given = {
      ...event,
      github: {
        ...event.github,
        event: { ...event.github.event, repository: { private: world.github.isPrivate } },
      },
    };
    const contexts = {
      ...jobContexts(given, needs),
      vars: world.vars,
      // An environment's secret is only available to its jobs, and hides the repository's secret of the same name.
      secrets: { ...world.secrets, ...(job.environment ? world.environmentSecrets[job.environment] : {}) },
    };
    const failed = Object.values(needs).some(({ result }) => result !== 'success');
    if (!permits(job.if, contexts, { failed })) {
      reports[name] = { result: 'skipped', steps: [], outputs: {}, summary: '' };
      continue;
    }
    if (job.environment && !passesEnvironment(job.environment, attempt.runId, world)) {
      reports[name] = { result: 'cancelled', waiting: true, steps: [], outputs: {}, summary: '' };
      continue;
    }
    reports[name] = await runJob({ name, job, workflow, event: given, contexts, world, attempt });
  }
  return reports;
}

/** The reports of the jobs that neither are the job nor need it, directly or through other jobs. */
function keptReports({ jobs }: Workflow, { job, reports }: NonNullable<Attempt['again']>) {
  const again = new Set([job]);
  for (const [name, { needs }] of Object.entries(jobs))
    if (needs.some((need) => again.has(need))) again.add(name);
  return Object.fromEntries(Object.entries(reports).filter(([name]) => !again.has(name)));
}

/** Like GitHub, creates a missing environment, without reviewers, and lets the job run. */
function passesEnvironment(name: string, runId: string, { github, reviewer }: PipelineWorld): boolean {
  const environment = github.environments.get(name);
  if (!environment) {
    github.environments.set(name, { reviewers: [] });
    return true;
  }
  if (environment.reviewers.length === 0) return true;
  if (!reviewer || !environment.reviewers.includes(reviewer)) return false;
  github.approve(runId, name, reviewer);
  return true;
}

interface JobRun {
  name: string;
  job: Job;
  workflow: Workflow;
  event: Event;
  contexts: Contexts;
  world: PipelineWorld;
  attempt: Attempt;
}

async function runJob(run: JobRun): Promise<JobReport> {
  const { name, job, workflow, event, world, attempt } = run;
  const { runId } = attempt;
  const folder = join(world.folder, `${runId}-${attempt.number}-${name}`);
  const checkout = join(folder, 'checkout');
  await mkdir(checkout, { recursive: true });
  const files = { output: join(folder, 'output'), summary: join(folder, 'summary.md') };
  await writeFile(files.summary, '');
  const rights = typeof job.permissions === 'object' ? job.permissions : {};
  const token = world.github.issueToken(rights, workflowRefOf(world, event));
  const github = { ...event.github, token, sha: world.commit, run_id: runId, run_attempt: attempt.number };
  const steps: Record<string, { outcome: string; outputs: Record<string, string> }> = {};
  const report: JobReport = { result: 'success', steps: [], outputs: {}, summary: '' };
  const left: Record<string, string> = {};
  let path = world.env['PATH'] ?? '';

  for (const step of job.steps) {
    const status = { failed: report.result === 'failure' };
    const before: Contexts = { ...run.contexts, github, steps, env: {} };
    const workflowEnv = interpolateAll(workflow.env, before);
    const contexts: Contexts = { ...before, env: workflowEnv };
    const key = stepKey(step);
    if (!permits(step.if, contexts, status)) {
      report.steps.push({ step: key, outcome: 'skipped', output: '' });
      if (step.id) steps[step.id] = { outcome: 'skipped', outputs: {} };
      continue;
    }
    await writeFile(files.output, '');
    const env = {
      ...world.env,
      PATH: path,
      ...workflowEnv,
      ...left,
      ...interpolateAll(job.env ?? {}, contexts),
      ...interpolateAll(step.env ?? {}, contexts),
      ...runnerEnvironment(world, event, attempt, files),
      // Only a job with the permission gets the address for its OIDC token.
      ...(rights['id-token'] === 'write'
        ? {
            ACTIONS_ID_TOKEN_REQUEST_URL: world.github.idTokenUrl,
            ACTIONS_ID_TOKEN_REQUEST_TOKEN: token,
          }
        : {}),
    };
    await world.before?.({ job: name, step: key, checkout, env });
    const done = await runStep(step, { ...run, checkout, env, contexts });
    world.ran?.({ job: name, step: key, standIn: world.instead?.[key] !== undefined });
    Object.assign(left, done.effect?.env);
    if (done.effect?.path) path = `${done.effect.path}:${path}`;
    if (done.outcome === 'failure') report.result = 'failure';
    report.steps.push({ step: key, outcome: done.outcome, output: done.output });
    if (step.id) steps[step.id] = { outcome: done.outcome, outputs: await readOutputs(files.output) };
  }
  report.summary = await readFile(files.summary, 'utf8');
  report.outputs = interpolateAll(job.outputs ?? {}, { ...run.contexts, github, steps, env: {} });
  return report;
}

/**
 * GitHub's name for the workflow of a run: https://docs.github.com/actions/reference/workflows-and-actions/variables
 */
function workflowRefOf({ github }: PipelineWorld, event: Event): string {
  return `${github.repository}/${WORKFLOW_FILE}@${event.github.ref}`;
}

function runnerEnvironment(
  world: PipelineWorld,
  { github }: Event,
  { runId, number }: Attempt,
  files: { output: string; summary: string },
): Record<string, string> {
  return {
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_API_URL: world.github.apiUrl,
    GITHUB_REPOSITORY: world.github.repository,
    GITHUB_RUN_ID: runId,
    GITHUB_RUN_ATTEMPT: String(number),
    GITHUB_SHA: world.commit,
    GITHUB_WORKFLOW_REF: workflowRefOf(world, { github, inputs: {} }),
    GITHUB_REF: github.ref,
    GITHUB_EVENT_NAME: github.event_name,
    GITHUB_OUTPUT: files.output,
    GITHUB_STEP_SUMMARY: files.summary,
  };
}

async function runStep(
  step: WorkflowStep,
  {
    world,
    job,
    event,
    checkout,
    env,
    contexts,
    attempt,
  }: JobRun & { checkout: string; env: Record<string, string | undefined> },
): Promise<
  Pick<StepReport, 'outcome' | 'output'> & { effect?: { env?: Record<string, string>; path?: string } }
> {
  if (step.uses) {
    const action = ACTIONS[stepKey(step)];
    if (!action)
      throw new Error(`${step.uses} is not known to the rehearsal: add what it does to actions.ts`);
    try {
      const effect = await action({
        world,
        job,
        event,
        attempt,
        checkout,
        with: interpolateAll(step.with ?? {}, contexts),
      });
      return { outcome: 'success', output: '', ...(effect ? { effect } : {}) };
    } catch (error) {
      return { outcome: 'failure', output: error instanceof Error ? error.message : String(error) };
    }
  }
  const instead = world.instead?.[stepKey(step)];
  if (instead) return { outcome: (await instead()) === 0 ? 'success' : 'failure', output: 'stands in' };
  const lines: string[] = [];
  const result = await tryCommand(['bash', '-e', '-c', interpolate(step.run ?? '', contexts)], {
    cwd: checkout,
    env,
    signal: world.signal,
    onLine: (line) => lines.push(line),
  });
  return { outcome: result.exitCode === 0 ? 'success' : 'failure', output: lines.join('\n') };
}

function interpolateAll(texts: Readonly<Record<string, string>>, contexts: Contexts): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, interpolate(text, contexts)]));
}

async function readOutputs(path: string): Promise<Record<string, string>> {
  const lines = (await readFile(path, 'utf8')).split('\n').filter(Boolean);
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const),
  );
}
