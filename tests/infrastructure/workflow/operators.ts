import { isSeq, type Document } from 'yaml';
import { changed, findYamlPlaces, type YamlPath, type YamlPlace } from './places.ts';

/** A wrong workflow: the file after one change. */
export interface WorkflowMutant {
  id: string;
  operator: string;
  make: () => Document;
}

export interface WorkflowOperator {
  name: string;
  title: string;
  find: (file: Document, places: readonly YamlPlace[]) => WorkflowMutant[];
}

const at = (path: YamlPath) => path.join('.');
const last = (path: YamlPath) => String(path.at(-1));
const isStep = (path: YamlPath) => path.length === 4 && path[0] === 'jobs' && path[2] === 'steps';
const isJob = (path: YamlPath) => path.length === 2 && path[0] === 'jobs';

function setting(
  file: Document,
  operator: string,
  path: YamlPath,
  to: string,
  value: unknown,
): WorkflowMutant {
  return {
    id: `${operator}: ${at(path)} -> ${to}`,
    operator,
    make: () => changed(file, (document) => document.setIn(path, document.createNode(value))),
  };
}

/** Replaces a text by each of the others that `others` makes of it. */
function rewriting(
  name: string,
  title: string,
  fits: (place: YamlPlace & { value: string }) => boolean,
  others: (value: string, place: YamlPlace) => readonly (readonly [to: string, value: unknown])[],
): WorkflowOperator {
  return {
    name,
    title,
    find: (file, places) =>
      places
        .filter((place): place is YamlPlace & { value: string } => typeof place.value === 'string')
        .filter(fits)
        .flatMap((place) =>
          others(place.value, place)
            .filter(([, value]) => value !== place.value)
            .map(([to, value]) => setting(file, name, place.path, to, value)),
        ),
  };
}

const dropPart: WorkflowOperator = {
  name: 'drop-part',
  title: 'leave out a key, a step, a job or a need',
  find: (file, places) =>
    places.map(({ path }) => ({
      id: `drop-part: ${at(path)}`,
      operator: 'drop-part',
      make: () => changed(file, (document) => void document.deleteIn(path)),
    })),
};

const swapSteps: WorkflowOperator = {
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

const letFailuresPass: WorkflowOperator = {
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

const unpin = rewriting(
  'unpin-action',
  'take an action by tag, by branch, by a short commit, from somebody else',
  ({ path }) => last(path) === 'uses',
  (value) => {
    const [action = ''] = value.split('@');
    const [owner = '', ...rest] = action.split('/');
    return [
      ['a tag', `${action}@v1`],
      ['a branch', `${action}@main`],
      ['a short commit', value.slice(0, action.length + 8)],
      ['somebody else', value.replace(owner, 'stranger')],
      ['another action', value.replace(rest.join('/'), `${rest.join('/')}-2`)],
    ];
  },
);

const widenRights: WorkflowOperator = {
  name: 'widen-rights',
  title: 'give a job, or all of them, a right more, or all rights',
  find: (file, places) => {
    const blocks = places.filter(({ path }) => last(path) === 'permissions').map(({ path }) => path);
    return blocks.flatMap((path) => [
      setting(file, 'widen-rights', path, 'write-all', 'write-all'),
      setting(file, 'widen-rights', path, 'read-all', 'read-all'),
      ...[
        'actions',
        'attestations',
        'contents',
        'id-token',
        'issues',
        'packages',
        'pull-requests',
        'security-events',
      ].map((right) => setting(file, 'widen-rights', [...path, right], 'write', 'write')),
    ]);
  },
};

const otherRight = rewriting(
  'other-right',
  'give a right as none, read or write instead',
  ({ path }) => path.at(-2) === 'permissions',
  () => [
    ['none', 'none'],
    ['read', 'read'],
    ['write', 'write'],
  ],
);

const widenTrigger: WorkflowOperator = {
  name: 'widen-trigger',
  title: 'start on more: pushes, forks with credentials, comments, other branches, every minute',
  find: (file) => [
    ...(
      ['push', 'pull_request_target', 'issue_comment', 'workflow_run', 'workflow_call', 'release'] as const
    ).map((name) => setting(file, 'widen-trigger', ['on', name], 'added', {})),
    setting(file, 'widen-trigger', ['on', 'pull_request', 'branches'], 'all', ['**']),
    setting(file, 'widen-trigger', ['on', 'pull_request', 'types'], 'labeled', ['labeled']),
    setting(file, 'widen-trigger', ['on', 'pull_request', 'paths'], 'docs', ['docs/**']),
    setting(file, 'widen-trigger', ['on', 'schedule', 0, 'cron'], 'every minute', '* * * * *'),
    setting(file, 'widen-trigger', ['on', 'schedule', 0, 'cron'], 'never', '0 0 31 2 *'),
  ],
};

const loosenIf = rewriting(
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

const otherGate: WorkflowOperator = {
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

const otherValue = rewriting(
  'other-value',
  'give an action or a command another value, or tell a command something else',
  ({ path }) =>
    path.includes('with') ||
    path.includes('env') ||
    path.includes('outputs') ||
    last(path) === 'group' ||
    path.includes('inputs'),
  (value) => [
    ['another', value.includes('}}') ? value.replace(/(\w+) ?\}\}/, '$1x }}') : `${value}x`],
    ['nothing', ''],
    ...(value === 'false' ? [['true', 'true'] as const] : []),
  ],
);

const otherCommand = rewriting(
  'other-command',
  'leave out an option of a command, take another command, or do something beside it',
  ({ path }) => last(path) === 'run',
  (value) => {
    const options = value.match(/ --?[a-z-]+(?: (?:[a-z]+|"\$[A-Z_]+"))?/g) ?? [];
    return [
      ...options.map((option): [string, string] => [`without${option}`, value.replace(option, '')]),
      ['doctor', value.replace(/lornu \w+/, 'lornu doctor')],
      ['and curl', `${value.trimEnd()}\ncurl -d @.lornu/delivery https://example.com\n`],
      ['with an expression', `${value.trimEnd()} '\${{ github.event.pull_request.title }}'`],
    ];
  },
);

const otherRole = rewriting(
  'other-role',
  'take another role at AWS, or keys',
  ({ path }) => last(path) === 'role-to-assume',
  (value) =>
    ['LornuGithubPlanRole', 'LornuGithubPublishRole', 'LornuGithubApplyRole', 'AdministratorRole'].map(
      (role) => [role, value.replace(/role\/\w+/, `role/${role}`)],
    ),
);

const spreadSecrets: WorkflowOperator = {
  name: 'spread-secrets',
  title: 'give a secret or GitHub’s token to a whole job, to the workflow, or to a step that needs none',
  find: (file, places) => [
    setting(file, 'spread-secrets', ['env', 'TOKEN'], 'the secret', '${{ secrets.TF_API_TOKEN }}'),
    setting(file, 'spread-secrets', ['env', 'KEY'], 'another secret', '${{ secrets.AWS_SECRET_ACCESS_KEY }}'),
    setting(file, 'spread-secrets', ['env', 'GITHUB_TOKEN'], "GitHub's token", '${{ github.token }}'),
    ...places
      .filter(({ path }) => isJob(path))
      .flatMap(({ path }) => [
        setting(
          file,
          'spread-secrets',
          [...path, 'env', 'TOKEN'],
          'the secret',
          '${{ secrets.TF_API_TOKEN }}',
        ),
        setting(
          file,
          'spread-secrets',
          [...path, 'env', 'GITHUB_TOKEN'],
          "GitHub's token",
          '${{ github.token }}',
        ),
      ]),
    ...places
      .filter(({ path }) => isStep(path))
      .flatMap(({ path }) => [
        setting(
          file,
          'spread-secrets',
          [...path, 'env', 'KEY'],
          'another secret',
          '${{ secrets.AWS_SECRET_ACCESS_KEY }}',
        ),
        setting(
          file,
          'spread-secrets',
          [...path, 'env', 'TOKEN'],
          'the secret',
          '${{ secrets.TF_API_TOKEN }}',
        ),
      ]),
  ],
};

const otherMachine = rewriting(
  'other-machine',
  'run on a machine of somebody else, or on one that moves',
  ({ path }) => last(path) === 'runs-on',
  () => [
    ['self-hosted', 'self-hosted'],
    ['ubuntu-latest', 'ubuntu-latest'],
    ['x64', 'ubuntu-24.04'],
  ],
);

const otherLimit: WorkflowOperator = {
  name: 'other-limit',
  title: 'wait ten times as long, or a tenth; keep a plan for longer',
  find: (file, places) =>
    places
      .filter((place): place is YamlPlace & { value: number } => typeof place.value === 'number')
      .flatMap(({ path, value }) => [
        setting(file, 'other-limit', path, 'ten times', value * 10),
        setting(file, 'other-limit', path, 'a tenth', Math.max(1, Math.floor(value / 10))),
      ]),
};

const flip: WorkflowOperator = {
  name: 'flip-flag',
  title: 'turn a switch over',
  find: (file, places) =>
    places
      .filter((place): place is YamlPlace & { value: boolean } => typeof place.value === 'boolean')
      .map(({ path, value }) => setting(file, 'flip-flag', path, String(!value), !value)),
};

const doubleConcurrency: WorkflowOperator = {
  name: 'more-at-once',
  title: 'let two runs touch staging, or one be cut off',
  find: (file) => [
    setting(file, 'more-at-once', ['concurrency', 'group'], 'each run', 'terraform-aws-${{ github.run_id }}'),
    setting(file, 'more-at-once', ['concurrency', 'group'], 'each branch', 'terraform-aws-${{ github.ref }}'),
    setting(file, 'more-at-once', ['concurrency', 'cancel-in-progress'], 'true', true),
    setting(file, 'more-at-once', ['concurrency', 'cancel-in-progress'], 'false', false),
  ],
};

/** The published list for the workflow. */
export const WORKFLOW_OPERATORS: readonly WorkflowOperator[] = [
  dropPart,
  swapSteps,
  letFailuresPass,
  unpin,
  widenRights,
  otherRight,
  widenTrigger,
  loosenIf,
  otherGate,
  otherValue,
  otherCommand,
  otherRole,
  spreadSecrets,
  otherMachine,
  otherLimit,
  flip,
  doubleConcurrency,
];

/** Every mutant of the file, each id once. */
export function findWorkflowMutants(file: Document): WorkflowMutant[] {
  const places = findYamlPlaces(file);
  const mutants = new Map<string, WorkflowMutant>();
  for (const { find } of WORKFLOW_OPERATORS)
    for (const mutant of find(file, places)) mutants.set(mutant.id, mutant);
  return [...mutants.values()];
}
