import { sameSet } from '../../checks/facts.ts';
import type { Reader } from '../../plan/reader.ts';
import type { Step, WorkflowChecks } from '../check.ts';

const UPLOAD = 'actions/upload-artifact';
const DOWNLOAD = 'actions/download-artifact';

export const HANDING_ON: WorkflowChecks = {
  // An expression that names what is not there is empty, without a word: a digest, an approval, an outcome.
  'workflow/what-refers-is-there': ({ jobs }, must) => {
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
  // The digest that was built is planned, what was shown is approved, what was approved is applied.
  'workflow/what-is-handed-on': ({ jobs, steps }, must) => {
    const outputs = (job: string) => jobs.find(({ name }) => name === job)?.reader.block('outputs');
    for (const name of ['digest', 'revision', 'gate']) {
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
    must(
      attest?.reader.flag('with.push-to-registry') === false,
      'The attestation is pushed to a registry that the step has no login for.',
    );
    const plan = steps('plan').find(({ job }) => job === 'plan')?.reader;
    must(
      plan?.text('env.REVISION') === '${{ needs.publish.outputs.revision || inputs.revision }}',
      'Another revision is planned.',
    );
    must(plan?.text('run').includes('--revision "$REVISION"') === true, 'The revision is not planned.');
    must(
      plan?.text('env.GATE') === '${{ needs.publish.outputs.gate }}' &&
        plan.text('run').includes('--gate "$GATE"'),
      "The candidate's verdict is not part of what is approved.",
    );
  },
  // Against another commit, or told to nobody, the comment would say nothing about this change.
  'workflow/a-pull-request-is-replayed-against-its-base': ({ steps }, must) => {
    const [replay] = steps('replay');
    must(
      replay?.reader.text('run') === './lornu replay --against "$BEFORE" --pull-request "$PULL_REQUEST"',
      'The replay is another command.',
    );
    must(replay?.reader.text('env.BEFORE') === 'HEAD^1', 'The replay compares with another commit.');
    must(
      replay?.reader.text('env.PULL_REQUEST') === '${{ github.event.pull_request.number }}',
      'The replay tells another pull request.',
    );
    // HEAD^1 of a pull request's merge commit is there only if two commits are fetched.
    const checkout = steps('actions/checkout').find(({ job }) => job === replay?.job);
    must(checkout?.reader.number('with.fetch-depth') === 2, 'The base is not fetched, or too much is.');
  },
  // A green check of another address, or of whatever revision answers there, says nothing of this deploy.
  'workflow/what-was-deployed-is-verified': ({ steps }, must) => {
    const deploy = stepId(steps('deploy'));
    const verifications = steps('verify');
    must(verifications.length > 0, 'Nothing is verified.');
    for (const { reader, job } of verifications) {
      must(
        reader.text('run').trim() === './lornu verify "$URL" --revision "$REVISION"',
        `${job} verifies something else.`,
      );
      must(from(reader.text('env.URL'), deploy, 'url'), `${job} verifies another address.`);
      must(from(reader.text('env.REVISION'), deploy, 'revision'), `${job} expects another revision.`);
    }
  },
  // The file that was scanned is the one that is applied: it is kept whole, and not a day longer.
  'workflow/the-plan-travels': ({ steps }, must) => {
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
};

function stepId(steps: readonly Step[]): string {
  const [step] = steps;
  return step?.reader.has('id') ? step.reader.text('id') : '';
}

function from(output: string | undefined, id: string, name: string): boolean {
  return output === `\${{ steps.${id}.outputs.${name} }}`;
}

/** Texts with expressions: their place, the text, and the number of steps before it. */
function expressionsOf(job: Reader, steps: readonly Step[]): [string, string, number][] {
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
