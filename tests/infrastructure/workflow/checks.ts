import { evaluate } from '@lornu/ops/delivery/workflow/expression.ts';
import { list, sameSet } from '../checks/facts.ts';
import type { Step, WorkflowCheck } from './check.ts';

const AWS = 'aws-actions/configure-aws-credentials';
const TERRAFORM = 'hashicorp/setup-terraform';
const UPLOAD = 'actions/upload-artifact';
const DOWNLOAD = 'actions/download-artifact';
const EXACT = /^v?\d+\.\d+\.\d+$/;

/** Jobs and the most minutes they may take: long enough for what they do, short enough to be noticed. */
const MINUTES: Readonly<Record<string, readonly [number, number]>> = {
  'no-credentials': [2, 10],
  'not-main': [2, 10],
  review: [15, 45],
  publish: [20, 60],
  plan: [15, 45],
  // An apply, a deploy that drains streams, a check and a rollback.
  apply: [60, 90],
  drift: [15, 45],
};

export const WORKFLOW_CHECKS: readonly WorkflowCheck[] = [
  {
    id: 'workflow/what-a-person-chooses',
    why: 'A choice that is free text, or that does not name what the jobs ask for, starts nothing or the wrong thing.',
    run: ({ file }, must) => {
      const inputs = file.block('on.workflow_dispatch.inputs');
      must(inputs.text('action.type') === 'choice', 'What to do is typed by hand.');
      must(
        sameSet(inputs.texts('action.options'), ['deploy', 'drift', 'rollback']),
        'The choices are others.',
      );
      must(
        inputs.text('action.default') === 'deploy',
        'Who chooses nothing gets something else than a deploy.',
      );
      must(inputs.text('revision.type') === 'string', 'A revision is a text.');
      must(
        inputs.text('revision.default') === '',
        'Who names no revision goes back to one that nobody chose.',
      );
      must(sameSet(inputs.keys(''), ['action', 'revision']), 'There is a choice more, or less.');
    },
  },
  {
    id: 'workflow/drift-is-looked-for',
    why: 'Drift is seen the day after, not at the next deploy; more than once a day nobody reads it.',
    run: ({ file }, must) => {
      const [schedule, ...others] = file.blocks('on.schedule');
      must(others.length === 0 && schedule !== undefined, 'It is not looked for once.');
      must(
        /^\d{1,2} \d{1,2} \* \* (\*|1-5)$/.test(schedule?.text('cron') ?? ''),
        'It is not looked for on each working day, once.',
      );
    },
  },
  {
    id: 'workflow/environment',
    why: 'The region and the values of the variables are the repository’s settings, seen by every command.',
    run: ({ file, stacks }, must) => {
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
  },
  {
    id: 'workflow/machines-and-minutes',
    why: 'A machine of somebody else sees tokens; one that moves changes what was tested; a job without an end blocks the next.',
    run: ({ jobs, stacks }, must) => {
      const arm = stacks.staging.byDefault('cpu_architecture')?.text('value') === 'ARM64';
      for (const { name, reader } of jobs) {
        const wanted = `ubuntu-24.04${name === 'publish' && arm ? '-arm' : ''}`;
        must(reader.text('runs-on') === wanted, `${name} does not run on ${wanted}.`);
        const [least, most] = MINUTES[name] ?? [1, 0];
        const minutes = reader.number('timeout-minutes');
        must(minutes >= least && minutes <= most, `${name} is given ${minutes} minutes.`);
      }
    },
  },
  {
    id: 'workflow/what-refers-is-there',
    why: 'An expression that names what is not there is empty, without a word: a digest, an approval, an outcome.',
    run: ({ jobs }, must) => {
      for (const { name, reader, steps } of jobs) {
        const ids = steps.filter((step) => step.reader.has('id')).map((step) => step.reader.text('id'));
        must(new Set(ids).size === ids.length, `${name} has two steps of one id.`);
        for (const [where, text, before] of expressionsOf(reader, steps)) {
          for (const [, id = ''] of text.matchAll(/steps\.([\w-]+)\./g)) {
            const at = steps.findIndex((step) => step.reader.has('id') && step.reader.text('id') === id);
            must(
              at !== -1 && at < before,
              `${where} of ${name} asks for the step ${id}, which is not there before it.`,
            );
          }
          for (const [, need = '', output = ''] of text.matchAll(/needs\.([\w-]+)\.outputs\.([\w-]+)/g)) {
            const job = jobs.find((one) => one.name === need);
            must(
              (reader.has('needs') ? reader.texts('needs') : []).includes(need) &&
                job?.reader.has(`outputs.${output}`) === true,
              `${where} of ${name} asks for ${output} of ${need}, which does not give it.`,
            );
          }
        }
      }
    },
  },
  {
    id: 'workflow/what-is-handed-on',
    why: 'The digest that was built is planned, what was shown is approved, what was approved is applied.',
    run: ({ jobs, steps }, must) => {
      const outputs = (job: string) => jobs.find(({ name }) => name === job)?.reader.block('outputs');
      for (const name of ['digest', 'revision']) {
        must(
          from(outputs('publish')?.text(name), stepId(steps('image publish')), name),
          `publish hands on another ${name}.`,
        );
      }
      const summary = steps('plan summary').find(({ job }) => job === 'plan');
      must(
        from(outputs('plan')?.text('approval'), stepId(summary ? [summary] : []), 'approval'),
        'plan hands on another approval.',
      );
      const [attest] = steps('actions/attest-build-provenance');
      must(
        attest?.reader.text('with.subject-name') === '${{ steps.publish.outputs.repository }}',
        'Another image is attested.',
      );
      must(attest?.reader.flag('with.push-to-registry') === true, 'The attestation is not beside the image.');
      const plan = steps('plan').find(({ job }) => job === 'plan')?.reader;
      must(
        plan?.text('env.REVISION') === '${{ needs.publish.outputs.revision || inputs.revision }}',
        'Another revision is planned.',
      );
      must(plan?.text('run').includes('--revision "$REVISION"') === true, 'The revision is not planned.');
    },
  },
  {
    id: 'workflow/the-plan-travels',
    why: 'The file that was scanned is the one that is applied: it is kept whole, and not a day longer.',
    run: ({ steps }, must) => {
      const [up] = steps(UPLOAD);
      const [down] = steps(DOWNLOAD);
      for (const name of ['name', 'path']) {
        must(
          up?.reader.text(`with.${name}`) === down?.reader.text(`with.${name}`),
          `The plan is looked for under another ${name}.`,
        );
      }
      must(up?.reader.text('with.name') === 'plan', 'The plan has another name.');
      must(up?.reader.text('with.path') === '.lornu/delivery', 'The plan is written elsewhere.');
      must(
        up?.reader.flag('with.include-hidden-files') === true,
        'The folder is hidden: without this it is empty.',
      );
      must(
        up?.reader.text('with.if-no-files-found') === 'error',
        'A plan that is missing is noticed after the approval.',
      );
      must(
        up?.reader.number('with.retention-days') === 1,
        'A plan shows how everything is set; it is kept for longer than it is of use.',
      );
      // Approved and applied in one run: no other run's plan.
      must(sameSet(down?.reader.keys('with') ?? [], ['name', 'path']), 'The plan of another run is taken.');
    },
  },
  {
    id: 'workflow/tools',
    why: 'Another version plans something else than was tested; the wrapper hides exit codes.',
    run: ({ jobs }, must) => {
      const versions = new Map<string, string>();
      for (const { reader: step, what, job } of jobs.flatMap(({ steps }) => steps)) {
        for (const key of ['terraform_version', 'version', 'cosign-release']) {
          if (!step.keys('with').includes(key)) continue;
          const version = step.text(`with.${key}`);
          must(EXACT.test(version), `${what} of ${job} takes whatever is the newest: ${version || 'none'}.`);
          must(
            (versions.get(what) ?? version) === version,
            `${what} of ${job} is of another version than elsewhere.`,
          );
          versions.set(what, version);
        }
        if (what !== TERRAFORM) continue;
        must(!step.flag('with.terraform_wrapper'), `Terraform's exit codes are hidden in ${job}.`);
        const [major = 0, minor = 0] = step.text('with.terraform_version').split('.').map(Number);
        must(major === 1 && minor >= 11, `Terraform of ${job} is older than the files ask for.`);
      }
      must(
        sameSet([...versions.keys()], [TERRAFORM, 'aquasecurity/setup-trivy', 'sigstore/cosign-installer']),
        `Only ${list([...versions.keys()])} have a version.`,
      );
      for (const step of jobs.flatMap(({ steps }) => steps)) {
        if (/setup-|installer$/.test(step.what))
          must(versions.has(step.what) && hasVersion(step), `${step.what} of ${step.job} has no version.`);
      }
    },
  },
  {
    id: 'workflow/roles-are-those-of-bootstrap',
    why: 'Who may do what is written in terraform/aws/bootstrap, and told by names.',
    run: ({ steps, stacks }, must) => {
      const roles = stacks.bootstrap.ofType('aws_iam_role').map((role) => role.text('name'));
      for (const { reader, job } of steps(AWS)) {
        const [, name = ''] =
          /^arn:aws:iam::\$\{\{ vars\.AWS_ACCOUNT_ID \}\}:role\/(\w+)$/.exec(
            reader.text('with.role-to-assume'),
          ) ?? [];
        must(
          roles.includes(name),
          `${job} takes a role that bootstrap does not make, or of another account.`,
        );
        must(reader.text('with.aws-region') === '${{ env.AWS_REGION }}', `${job} works in another region.`);
      }
      const environments = steps(AWS).filter(({ reader }) =>
        reader.text('with.role-to-assume').endsWith('LornuGithubApplyRole'),
      );
      must(environments.length === 1, 'The role that applies is taken more than once, or never.');
    },
  },
  {
    id: 'workflow/tokens-where-they-are-needed',
    why: 'What every step sees, every action of somebody else sees.',
    run: ({ file, jobs }, must) => {
      const token = ['plan comment', 'apply', 'drift'];
      must(
        file.keys('env').every((name) => !carriesToken(file.text(`env.${name}`))),
        'Every job sees a token.',
      );
      for (const { name, reader, steps } of jobs) {
        must(!reader.has('env'), `Every step of ${name} sees the same.`);
        for (const step of steps) {
          const names = step.reader.keys('env');
          const withToken = names.filter((key) => step.reader.text(`env.${key}`).includes('github.token'));
          const wanted = token.includes(step.what) ? ['GITHUB_TOKEN'] : [];
          must(
            sameSet(withToken, wanted),
            `${step.what} of ${name} has GitHub's token as ${list(withToken)}.`,
          );
          for (const key of withToken)
            must(
              step.reader.text(`env.${key}`) === '${{ github.token }}',
              `${key} of ${step.what} is another one.`,
            );
          const secret = names.filter((key) => step.reader.text(`env.${key}`).includes('secrets.'));
          must(
            secret.every(
              (key) =>
                key === 'TF_TOKEN_app_terraform_io' &&
                step.reader.text(`env.${key}`) === '${{ secrets.TF_API_TOKEN }}',
            ),
            `${step.what} of ${name} has a secret as ${list(secret)}.`,
          );
        }
      }
      const [comment] = jobs.flatMap(({ steps }) => steps).filter(({ what }) => what === 'plan comment');
      must(
        comment?.reader.text('env.PULL_REQUEST') === '${{ github.event.pull_request.number }}',
        'The comment is written to another pull request.',
      );
    },
  },
  {
    id: 'workflow/refusals-only-speak',
    why: 'They run for forks and for other branches: nothing of those may be done, and a refusal must be red.',
    run: ({ jobs }, must) => {
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
  },
  {
    id: 'workflow/skipped-is-not-failed',
    why: 'After a publish that was skipped, as in a rollback, GitHub skips all that follows unless its condition asks for the state itself.',
    run: ({ jobs }, must) => {
      for (const name of ['plan', 'apply']) {
        const condition = jobs.find((one) => one.name === name)?.reader.text('if') ?? '';
        must(
          condition.includes('!cancelled()'),
          `${name} is skipped in a rollback, or runs in a run that was cancelled.`,
        );
      }
    },
  },
  {
    id: 'workflow/drift-is-told',
    why: 'A red scheduled run is a mail that nobody reads; one issue stays.',
    run: ({ steps }, must) => {
      must(
        steps('drift').every(({ reader }) => reader.text('run').trim() === './lornu drift --issue'),
        'Drift is told to nobody.',
      );
    },
  },
];

/** What an expression comes to; a text without one, or one that GitHub refuses, comes to itself. */
function valueOf(text: string, contexts: Record<string, unknown>): unknown {
  const expression = /^\$\{\{(.+)\}\}$/.exec(text)?.[1];
  try {
    return expression === undefined ? text : evaluate(expression.trim(), contexts);
  } catch {
    return text;
  }
}

function stepId(steps: readonly Step[]): string {
  const [step] = steps;
  return step?.reader.has('id') ? step.reader.text('id') : '';
}

function from(output: string | undefined, id: string, name: string): boolean {
  return output === `\${{ steps.${id}.outputs.${name} }}`;
}

function carriesToken(text: string): boolean {
  return /github\.token|secrets\./.test(text);
}

function hasVersion({ reader }: Step): boolean {
  return ['terraform_version', 'version', 'cosign-release'].some((key) => reader.has(`with.${key}`));
}

/** Texts with expressions: where, what, and how many steps stand before it. */
function expressionsOf(
  job: Parameters<WorkflowCheck['run']>[0]['jobs'][number]['reader'],
  steps: readonly Step[],
): [string, string, number][] {
  const texts: [string, string, number][] = [];
  for (const key of job.keys('outputs'))
    texts.push([`output ${key}`, job.text(`outputs.${key}`), steps.length]);
  if (job.has('if')) texts.push(['if', job.text('if'), 0]);
  for (const { reader, index, what } of steps) {
    if (reader.has('if')) texts.push([`if of ${what}`, reader.text('if'), index]);
    for (const part of ['env', 'with']) {
      for (const key of reader.keys(part)) {
        if (reader.isText(`${part}.${key}`))
          texts.push([`${key} of ${what}`, reader.text(`${part}.${key}`), index]);
      }
    }
  }
  return texts;
}
