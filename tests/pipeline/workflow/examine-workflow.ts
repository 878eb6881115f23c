import { EVENTS, runningJobs, type EventName } from './events.ts';
import {
  JOBS,
  READ_SECRET,
  RUNNING_JOBS,
  STATE_STEPS,
  stateSecretOf,
  STEP_CONDITIONS,
  STEP_VALUES,
  WRITE_SECRET,
} from './promises.ts';
import { parseWorkflow, type Job, type Workflow, type WorkflowStep } from './workflow.ts';

/**
 * Compares the text of .github/workflows/terraform-aws.yml with promises.ts. Each sentence names one problem; an empty
 * list means that the promises hold. A pure function: it reads nothing else.
 */
export function examineWorkflow(text: string): string[] {
  let workflow: Workflow;
  try {
    workflow = parseWorkflow(text);
  } catch (error) {
    return [`The file is no workflow that is understood here: ${String(error)}`];
  }
  return [
    ...triggers(workflow),
    ...concurrency(workflow),
    ...rights(workflow),
    ...Object.entries(workflow.jobs).flatMap(([name, job]) => examineJob(name, job)),
    ...Object.keys(JOBS).flatMap((name) => (workflow.jobs[name] ? [] : [`The job ${name} is gone.`])),
    ...jobsByEvent(workflow),
    ...failures(workflow),
    ...pins(text),
    ...secrets(workflow, text),
    ...values(workflow),
  ];
}

/** The name of a step: its action without the commit, or its `lornu` command without options. */
export function stepKey(step: WorkflowStep): string {
  if (step.uses) return step.uses.split('@')[0] ?? '';
  // One command and nothing after it: "|| true" would hide its failure.
  const command =
    /^\.\/lornu ([a-z]+(?: [a-z]+)*)(?: "\$[A-Z_]+")?(?: --[a-z-]+(?: (?:[a-z]+|"\$[A-Z_]+"))?)*$/.exec(
      step.run?.trim() ?? '',
    )?.[1];
  return (
    command ?? (step.run?.trimStart().startsWith('echo ') ? 'echo' : `unknown (${step.run ?? 'nothing'})`)
  );
}

function triggers(workflow: Workflow): string[] {
  const names = Object.keys(workflow.on).toSorted().join(', ');
  const found: string[] = [];
  if (names !== 'pull_request, schedule, workflow_dispatch')
    found.push(`It starts on ${names} instead of pull_request, schedule, workflow_dispatch.`);
  if (JSON.stringify(workflow.on['pull_request']) !== '{"branches":["main"]}')
    found.push('Pull requests other than those to main start it, or in other ways than by default.');
  return found;
}

function concurrency({ concurrency: { group, 'cancel-in-progress': cancel } }: Workflow): string[] {
  const found: string[] = [];
  if (!group.includes("github.event_name == 'pull_request' && github.ref || 'staging'"))
    found.push('Two runs can change staging at the same time: the concurrency group is another one.');
  if (cancel !== "${{ github.event_name == 'pull_request' }}")
    found.push('A run that applies can be cancelled by a newer one.');
  return found;
}

function rights(workflow: Workflow): string[] {
  return typeof workflow.permissions === 'object' && Object.keys(workflow.permissions).length === 0
    ? []
    : ['Jobs have rights by default: the permissions of the whole workflow are not {}.'];
}

function examineJob(name: string, job: Job): string[] {
  const promise = JOBS[name];
  if (!promise) return [`Nothing is promised of the job ${name}.`];
  const found: string[] = [];
  const given =
    typeof job.permissions === 'object' ? job.permissions : { everything: String(job.permissions) };
  for (const right of new Set([...Object.keys(given), ...Object.keys(promise.permissions)])) {
    const [is, should] = [given[right] ?? 'none', promise.permissions[right] ?? 'none'];
    if (is !== should) found.push(`The job ${name} has ${right}: ${is} instead of ${should}.`);
  }
  found.push(...examineMinutes(name, job));
  if (job.environment !== promise.environment)
    found.push(
      `The job ${name} has the environment ${job.environment ?? 'none'} instead of ${promise.environment ?? 'none'}: ` +
        'its reviewers stand before another job, or before none.',
    );
  const order = job.steps.map(stepKey);
  if (order.join(' > ') !== promise.order.join(' > '))
    found.push(`The job ${name} does ${order.join(' > ')} instead of ${promise.order.join(' > ')}.`);
  for (const step of job.steps) found.push(...examineStep(name, step, promise.role));
  return found;
}

/** Default length of an AWS session, if the sign-in step sets none (the action's default). */
const SESSION_SECONDS = 3600;

/**
 * The AWS session must outlast the job, and the limited steps must fit into it with time for the others: otherwise the
 * rollback, which comes last, would run out of one of them.
 */
function examineMinutes(name: string, job: Job): string[] {
  const minutes = job['timeout-minutes'];
  if (!minutes || minutes > 120)
    return [`The job ${name} has no time limit, or one of more than 120 minutes.`];
  const found: string[] = [];
  for (const step of job.steps.filter((one) => stepKey(one) === 'aws-actions/configure-aws-credentials')) {
    const session = Number(step.with?.['role-duration-seconds'] ?? SESSION_SECONDS);
    if (!(session >= minutes * 60))
      found.push(
        `The job ${name} may take ${minutes} minutes, and its AWS session ends after ${session / 60}.`,
      );
  }
  const limited = job.steps.reduce((sum, step) => sum + (step['timeout-minutes'] ?? 0), 0);
  if (limited > minutes)
    found.push(`The steps of ${name} may take ${limited} minutes, and the job ends after ${minutes}.`);
  if (name === 'apply') {
    const without = job.steps.filter((step) => step.run && !step['timeout-minutes']).map(stepKey);
    if (without.length > 0) found.push(`Steps of ${name} have no time limit: ${without.join(', ')}.`);
  }
  return found;
}

function examineStep(job: string, step: WorkflowStep, role: string | undefined): string[] {
  const key = stepKey(step);
  const found: string[] = [];
  if (key === 'actions/checkout' && step.with?.['persist-credentials'] !== 'false')
    found.push(`The job ${job} leaves GitHub's token in the checkout.`);
  if (key === 'aws-actions/configure-aws-credentials') {
    const given = step.with ?? {};
    const needed = ['aws-region', 'role-duration-seconds', 'role-to-assume'];
    if (Object.keys(given).some((name) => !needed.includes(name)))
      found.push(`The job ${job} signs in to AWS with more than a role: ${Object.keys(given).join(', ')}.`);
    if (!given['role-to-assume']?.endsWith(`:role/${role}`))
      found.push(`The job ${job} takes the role ${given['role-to-assume']} instead of ${role ?? 'none'}.`);
  }
  if (step.run?.includes('${{'))
    found.push(`The step ${key} of ${job} puts an expression into a script: what it holds would be run.`);
  if (step.if !== STEP_CONDITIONS[`${job}: ${key}`])
    found.push(
      `The step ${key} of ${job} runs if ${step.if ?? 'all before it went well'}, which is not promised.`,
    );
  return found;
}

function jobsByEvent(workflow: Workflow): string[] {
  return (Object.keys(RUNNING_JOBS) as EventName[]).flatMap((name) => {
    const jobs = runningJobs(workflow, EVENTS[name]).join(', ');
    const promised = RUNNING_JOBS[name].join(', ');
    return jobs === promised ? [] : [`On ${name} the jobs ${jobs || 'none'} run instead of ${promised}.`];
  });
}

/** What a failure must stop: no plan without its image, no apply without its plan. */
function failures(workflow: Workflow): string[] {
  const stops: [EventName, string, string[]][] = [
    ['deploy started on main', 'publish', ['plan', 'apply']],
    ['deploy started on main', 'plan', ['apply']],
    ['rollback started on main', 'plan', ['apply']],
  ];
  return stops.flatMap(([event, failing, stopped]) => {
    const still = runningJobs(workflow, EVENTS[event], [failing]).filter((job) => stopped.includes(job));
    return still.length > 0 ? [`After a failed ${failing} the job ${still.join(' and ')} still runs.`] : [];
  });
}

function pins(text: string): string[] {
  return text.split('\n').flatMap((line, index) => {
    const used = /^\s*(?:- )?uses:\s*(.*)$/.exec(line)?.[1];
    if (used === undefined || /^[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(used)) return [];
    return [`Line ${index + 1}: ${used} is not pinned by a commit with its release beside it.`];
  });
}

function secrets(workflow: Workflow, text: string): string[] {
  const found = [...new Set(text.match(/secrets\.\w+|secrets\[[^\]]*\]|secrets: inherit/g))]
    .filter((secret) => secret !== READ_SECRET && secret !== WRITE_SECRET)
    .map((secret) => `${secret} is used: the two Terraform Cloud tokens are the only stored secrets.`);
  for (const [name, job] of Object.entries(workflow.jobs)) {
    if (JSON.stringify([job.env, job.outputs]).includes('secrets.'))
      found.push(`Every step of ${name} sees the secret, not only those that need it.`);
    for (const step of job.steps) {
      const key = stepKey(step);
      const given = JSON.stringify(step).match(/secrets\.\w+/g) ?? [];
      const wanted = STATE_STEPS.includes(key) ? [stateSecretOf(name)] : [];
      if (given.join() !== wanted.join())
        found.push(
          `The step ${key} of ${name} gets ${given.join(', ') || 'no token'} instead of ${wanted.join() || 'none'}.`,
        );
    }
  }
  if (JSON.stringify(workflow.env).includes('secrets.'))
    found.push('Every step of every job sees the secret.');
  return found;
}

function values(workflow: Workflow): string[] {
  return STEP_VALUES.flatMap(({ job, step, key, text }) => {
    const found = workflow.jobs[job]?.steps.find((one) => stepKey(one) === step);
    const value = found?.[key];
    const texts = typeof value === 'string' ? [value] : Object.values(value ?? {});
    return texts.some((one) => one.includes(text))
      ? []
      : [`The step ${step} of ${job} lacks ${text} in its ${key}.`];
  });
}
