import { last, isStep, isJob, setting, rewriting, type WorkflowOperator } from './kit.ts';
import type { YamlPath } from '../places.ts';

export const unpin = rewriting(
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

export const widenRights: WorkflowOperator = {
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

export const otherRight = rewriting(
  'other-right',
  'give a right as none, read or write instead',
  ({ path }) => path.at(-2) === 'permissions',
  () => [
    ['none', 'none'],
    ['read', 'read'],
    ['write', 'write'],
  ],
);

export const widenTrigger: WorkflowOperator = {
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

export const otherRole = rewriting(
  'other-role',
  'take another role at AWS, or keys',
  ({ path }) => last(path) === 'role-to-assume',
  (value) =>
    ['LornuGithubPlanRole', 'LornuGithubPublishRole', 'LornuGithubApplyRole', 'AdministratorRole'].map(
      (role) => [role, value.replace(/role\/\w+/, `role/${role}`)],
    ),
);

const SECRETS = {
  TOKEN: ['the secret', '${{ secrets.TF_API_TOKEN }}'],
  KEY: ['another secret', '${{ secrets.AWS_SECRET_ACCESS_KEY }}'],
  GITHUB_TOKEN: ["GitHub's token", '${{ github.token }}'],
} as const;

export const spreadSecrets: WorkflowOperator = {
  name: 'spread-secrets',
  title: 'give a secret or GitHub’s token to a whole job, to the workflow, or to a step that needs none',
  find: (file, places) => {
    const spread = (path: YamlPath, ...names: (keyof typeof SECRETS)[]) =>
      names.map((name) => {
        const [what, value] = SECRETS[name];
        return setting(file, 'spread-secrets', [...path, 'env', name], what, value);
      });
    return [
      ...spread([], 'TOKEN', 'KEY', 'GITHUB_TOKEN'),
      ...places
        .filter(({ path }) => isJob(path))
        .flatMap(({ path }) => spread(path, 'TOKEN', 'GITHUB_TOKEN')),
      ...places.filter(({ path }) => isStep(path)).flatMap(({ path }) => spread(path, 'KEY', 'TOKEN')),
    ];
  },
};
