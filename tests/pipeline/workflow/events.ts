import { permits, type Contexts } from './expression.ts';
import type { Workflow } from './workflow.ts';

const REPOSITORY = 'lornu-ai/lornu-aws-staging';

/** A trigger of a run: the parts of GitHub's contexts that our conditions read. */
export interface Event {
  github: {
    event_name: string;
    ref: string;
    repository: string;
    actor: string;
    token?: string;
    event: {
      repository?: { private: boolean };
      pull_request?: { number: number; head: { repo: { full_name: string } }; user: { login: string } };
    };
  };
  inputs: { action?: string; revision?: string };
  /** The repository's variables; default: those of a repository that is set up. */
  vars?: Readonly<Record<string, string>>;
}

const SET_UP = { AWS_ACCOUNT_ID: '123456789012' };

function schedule(): Event {
  return {
    github: {
      event_name: 'schedule',
      ref: 'refs/heads/main',
      repository: REPOSITORY,
      actor: 'github',
      event: {},
    },
    inputs: {},
  };
}

function dispatch(action: string, ref = 'refs/heads/main', revision = ''): Event {
  return {
    github: { event_name: 'workflow_dispatch', ref, repository: REPOSITORY, actor: 'maintainer', event: {} },
    inputs: { action, revision },
  };
}

function pullRequest(from: string, login = 'maintainer'): Event {
  return {
    github: {
      event_name: 'pull_request',
      ref: 'refs/pull/7/merge',
      repository: REPOSITORY,
      actor: login,
      event: { pull_request: { number: 7, head: { repo: { full_name: from } }, user: { login } } },
    },
    inputs: {},
  };
}

/** Every kind of event that can start the workflow, and some that must start nothing. */
export const EVENTS = {
  'a pull request of a branch': pullRequest(REPOSITORY),
  'a pull request of a fork': pullRequest('somebody/lornu-aws-staging'),
  'a pull request of Dependabot': pullRequest(REPOSITORY, 'dependabot[bot]'),
  'deploy started on main': dispatch('deploy'),
  'rollback started on main': dispatch('rollback', 'refs/heads/main', '0123456789ab'),
  'drift started on main': dispatch('drift'),
  'deploy started on another branch': dispatch('deploy', 'refs/heads/feature'),
  'rollback started on another branch': dispatch('rollback', 'refs/heads/feature', '0123456789ab'),
  'drift started on another branch': dispatch('drift', 'refs/heads/feature'),
  'the schedule': schedule(),
  'the schedule before the repository is set up': { ...schedule(), vars: {} },
} satisfies Record<string, Event>;

export type EventName = keyof typeof EVENTS;
export type JobResult = 'success' | 'failure' | 'skipped' | 'cancelled';

/** The contexts for a job's condition, after the jobs that it needs. */
export function jobContexts(
  event: Event,
  needs: Readonly<Record<string, { result: JobResult; outputs?: Record<string, string> }>>,
): Contexts {
  return { ...event, needs, vars: event.vars ?? SET_UP, env: {} };
}

/**
 * The jobs that run for an event, in order, if the named ones fail and all others succeed. As at GitHub, a job whose
 * need did not succeed is skipped unless its condition uses a status function.
 */
export function runningJobs(workflow: Workflow, event: Event, failing: readonly string[] = []): string[] {
  const results: Record<string, { result: JobResult }> = {};
  for (const [name, job] of Object.entries(workflow.jobs)) {
    const needs = Object.fromEntries(
      job.needs.map((need) => [need, results[need] ?? { result: 'skipped' as const }]),
    );
    const failed = Object.values(needs).some(({ result }) => result !== 'success');
    const runs = permits(job.if, jobContexts(event, needs), { failed });
    results[name] = { result: runs ? (failing.includes(name) ? 'failure' : 'success') : 'skipped' };
  }
  return Object.entries(results).flatMap(([name, { result }]) => (result === 'skipped' ? [] : [name]));
}
