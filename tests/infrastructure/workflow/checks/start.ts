import { evaluate } from '../../../pipeline/workflow/expression.ts';
import { sameSet } from '../../checks/facts.ts';
import type { WorkflowChecks } from '../check.ts';

/** Allowed range of each job's time limit in minutes: long enough for its work, short enough to be noticed. */
const MINUTES: Readonly<Record<string, readonly [number, number]>> = {
  'no-credentials': [2, 10],
  'not-main': [2, 10],
  review: [15, 45],
  publish: [20, 60],
  plan: [15, 45],
  // An apply, a deploy that drains streams, a check and a rollback.
  apply: [90, 120],
  drift: [15, 45],
};

/** The same for steps of the apply job: each command ends by itself before its limit, with a reason. */
const STEP_MINUTES: Readonly<Record<string, readonly [number, number]>> = {
  apply: [25, 35],
  // WAIT_MINUTES plus a margin.
  deploy: [38, 45],
  verify: [5, 10],
  rollback: [38, 45],
};

export const STARTS: WorkflowChecks = {
  // A choice that is free text, or that does not name what the jobs ask for, starts nothing or the wrong thing.
  'workflow/what-a-person-chooses': ({ file }, must) => {
    const inputs = file.block('on.workflow_dispatch.inputs');
    must(inputs.text('action.type') === 'choice', 'What to do is typed by hand.');
    must(sameSet(inputs.texts('action.options'), ['deploy', 'drift', 'rollback']), 'The choices are others.');
    must(
      inputs.text('action.default') === 'deploy',
      'Who chooses nothing gets something else than a deploy.',
    );
    must(inputs.text('revision.type') === 'string', 'A revision is a text.');
    must(inputs.text('revision.default') === '', 'Who names no revision goes back to one that nobody chose.');
    must(sameSet(inputs.keys(''), ['action', 'revision']), 'There is a choice more, or less.');
  },
  // Drift is seen the day after, not at the next deploy; more than once a day nobody reads it.
  'workflow/drift-is-looked-for': ({ file }, must) => {
    const [schedule, ...others] = file.blocks('on.schedule');
    must(others.length === 0 && schedule !== undefined, 'It is not looked for once.');
    must(
      /^\d{1,2} \d{1,2} \* \* (\*|1-5)$/.test(schedule?.text('cron') ?? ''),
      'It is not looked for on each working day, once.',
    );
  },
  // The region and the values of the variables are the repository’s settings, seen by every command.
  'workflow/environment': ({ file, stacks }, must) => {
    const region = file.text('env.AWS_REGION');
    const given = (vars: Record<string, string>) => valueOf(region, { vars });
    must(
      given({}) === stacks.bootstrap.byDefault('region')?.text('value'),
      'The region is another one by default.',
    );
    must(given({ AWS_REGION: 'eu-central-1' }) === 'eu-central-1', 'The region cannot be set.');
    const values = valueOf(file.text('env.LORNU_TERRAFORM_VARIABLES'), {
      vars: { LORNU_TERRAFORM_VARIABLES: '{}' },
    });
    must(values === '{}', 'Terraform gets no values.');
    must(
      sameSet(file.keys('env'), ['AWS_REGION', 'LORNU_TERRAFORM_VARIABLES']),
      'Every step sees something more.',
    );
  },
  // The runner of a third party can read tokens; an image that moves (ubuntu-latest) changes what was tested; a job
  // without a time limit blocks the next one.
  'workflow/machines-and-minutes': ({ jobs, stacks }, must) => {
    const arm = stacks.staging.byDefault('cpu_architecture')?.text('value') === 'ARM64';
    for (const { name, reader } of jobs) {
      const wanted = `ubuntu-24.04${name === 'publish' && arm ? '-arm' : ''}`;
      must(reader.text('runs-on') === wanted, `${name} does not run on ${wanted}.`);
      const [least, most] = MINUTES[name] ?? [1, 0];
      const minutes = reader.number('timeout-minutes');
      must(minutes >= least && minutes <= most, `${name} is given ${minutes} minutes.`);
    }
    for (const { reader, what, job } of jobs.flatMap(({ steps }) => steps)) {
      if (!reader.has('timeout-minutes')) continue;
      const [least, most] = STEP_MINUTES[what] ?? [1, 0];
      const minutes = reader.number('timeout-minutes');
      must(minutes >= least && minutes <= most, `${what} of ${job} is given ${minutes} minutes.`);
    }
  },
  // They run for forks and for other branches: nothing of those may be done, and a refusal must be red.
  'workflow/refusals-only-speak': ({ jobs }, must) => {
    for (const name of ['no-credentials', 'not-main']) {
      const job = jobs.find((one) => one.name === name);
      for (const { reader } of job?.steps ?? []) {
        const commands = reader.text('run').trim().split('\n');
        must(
          commands.every((command) =>
            /^(echo "[^"]*"( \| tee -a "\$GITHUB_STEP_SUMMARY")?|exit 1)$/.test(command.trim()),
          ),
          `${name} does something.`,
        );
        const ends = name === 'not-main' ? 'exit 1' : 'tee -a "$GITHUB_STEP_SUMMARY"';
        must(commands.at(-1)?.trim().endsWith(ends) === true, `${name} is not seen.`);
      }
    }
  },
  // After a publish that was skipped, as in a rollback, GitHub skips all that follows unless its condition asks for the
  // state itself.
  'workflow/skipped-is-not-failed': ({ jobs }, must) => {
    for (const name of ['plan', 'apply']) {
      const condition = jobs.find((one) => one.name === name)?.reader.text('if') ?? '';
      must(
        condition.includes('!cancelled()'),
        `${name} is skipped in a rollback, or runs in a run that was cancelled.`,
      );
    }
  },
  // A red scheduled run is a mail that nobody reads; one issue stays.
  'workflow/drift-is-told': ({ steps }, must) => {
    must(
      steps('drift').every(({ reader }) => reader.text('run').trim() === './lornu drift --issue'),
      'Drift is told to nobody.',
    );
  },
};

/** The value of an expression; a text without one, or with one that GitHub refuses, is returned unchanged. */
function valueOf(text: string, contexts: Record<string, unknown>): unknown {
  const expression = /^\$\{\{(.+)\}\}$/.exec(text)?.[1];
  try {
    return expression === undefined ? text : evaluate(expression.trim(), contexts);
  } catch {
    return text;
  }
}
