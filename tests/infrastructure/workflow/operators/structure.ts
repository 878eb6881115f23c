import { isSeq } from 'yaml';
import { changed } from '../places.ts';
import { at, last, isStep, isJob, setting, rewriting, type WorkflowOperator } from './kit.ts';

export const dropPart: WorkflowOperator = {
  name: 'drop-part',
  title: 'leave out a key, a step, a job or a need',
  find: (file, places) =>
    places.map(({ path }) => ({
      id: `drop-part: ${at(path)}`,
      operator: 'drop-part',
      make: () => changed(file, (document) => void document.deleteIn(path)),
    })),
};

export const swapSteps: WorkflowOperator = {
  name: 'swap-steps',
  title:
    'do one step before another that stood before it: the apply before the scan, the summary before the plan',
  find: (file, places) =>
    places
      .filter(({ path }) => isStep(path) && Number(path[3]) > 0)
      .flatMap(({ path }) =>
        Array.from({ length: Number(path[3]) }, (_, to) => ({
          id: `swap-steps: ${at(path)} <-> ${to}`,
          operator: 'swap-steps',
          make: () =>
            changed(file, (document) => {
              const steps = document.getIn(path.slice(0, 3));
              if (!isSeq(steps)) return;
              const from = Number(path[3]);
              [steps.items[from], steps.items[to]] = [steps.items[to], steps.items[from]];
            }),
        })),
      ),
};

export const letFailuresPass: WorkflowOperator = {
  name: 'let-failures-pass',
  title: 'go on after a failure: continue-on-error, "|| true", a condition that is always true',
  find: (file, places) => [
    ...places
      .filter(({ path }) => isStep(path) || isJob(path))
      .flatMap(({ path }) => [
        setting(file, 'let-failures-pass', [...path, 'continue-on-error'], 'true', true),
        setting(file, 'let-failures-pass', [...path, 'if'], 'always()', '${{ always() }}'),
      ]),
    ...places
      .filter(({ path, value }) => last(path) === 'run' && typeof value === 'string')
      .flatMap(({ path, value }) => [
        setting(file, 'let-failures-pass', path, '|| true', `${String(value).trimEnd()} || true`),
        setting(file, 'let-failures-pass', path, 'true first', `true\n${String(value)}`),
      ]),
  ],
};

export const loosenIf = rewriting(
  'loosen-condition',
  'run a job or step always, never, or when another part of its condition holds',
  ({ path }) => last(path) === 'if',
  (value) => [
    ['always', '${{ always() }}'],
    ['true', 'true'],
    ['never', '${{ false }}'],
    ['or', value.replaceAll('&&', '||')],
    ['and', value.replaceAll('||', '&&')],
    ['not equal', value.replace('==', '!=')],
    ['equal', value.replace('!=', '==')],
    ['without its first part', value.replace(/^(\$\{\{)?[^&]*&&/, '$1')],
    ['without its last part', value.replace(/&&[^&]*?(\}\})?$/, ' $1')],
    ['another branch', value.replace('refs/heads/main', 'refs/heads/feature')],
  ],
);

export const otherGate: WorkflowOperator = {
  name: 'other-gate',
  title: 'put the approval elsewhere: another environment, before another job',
  find: (file, places) =>
    places
      .filter(({ path }) => isJob(path))
      .flatMap(({ path }) => [
        setting(file, 'other-gate', [...path, 'environment'], 'production', 'production'),
        setting(file, 'other-gate', [...path, 'environment'], 'staging', 'staging'),
      ]),
};

export const doubleConcurrency: WorkflowOperator = {
  name: 'more-at-once',
  title: 'let two runs touch staging, or one be cut off',
  find: (file) => [
    setting(file, 'more-at-once', ['concurrency', 'group'], 'each run', 'terraform-aws-${{ github.run_id }}'),
    setting(file, 'more-at-once', ['concurrency', 'group'], 'each branch', 'terraform-aws-${{ github.ref }}'),
    setting(file, 'more-at-once', ['concurrency', 'cancel-in-progress'], 'true', true),
    setting(file, 'more-at-once', ['concurrency', 'cancel-in-progress'], 'false', false),
  ],
};
