import { expect, test } from 'bun:test';
import { renderEnvironment } from '../picture/render-environment.ts';
import { toEnvironment } from '../picture/environment.ts';

/** A small state in Terraform's format. */
const state = (...resources: [type: string, ...instances: Record<string, unknown>[]][]) => ({
  version: 4,
  resources: [
    { mode: 'data', type: 'aws_caller_identity', name: 'x', instances: [{ attributes: { id: '1' } }] },
    ...resources.map(([type, ...instances]) => ({
      mode: 'managed',
      type,
      name: type,
      instances: instances.map((attributes) => ({ attributes })),
    })),
  ],
});
const policy = (...actions: string[]) =>
  JSON.stringify({ Statement: [{ Effect: 'Allow', Action: actions }] });
const trust = (principal: object, condition?: object) =>
  JSON.stringify({ Statement: [{ Principal: principal, ...(condition ? { Condition: condition } : {}) }] });

const container = {
  environment: Object.entries({
    OIDC_ISSUER: 'https://accounts.google.com',
    OIDC_ALLOWED_DOMAINS: 'lornu.example',
    A2A_TOKEN_ISSUER: 'https://accounts.google.com',
    A2A_ALLOWED_EMAILS: 'peer@lornu.iam.gserviceaccount.com',
    GOOGLE_CLOUD_PROJECT: 'lornu',
    FIRESTORE_DATABASE: 'staging',
  }).map(([name, value]) => ({ name, value })),
  portMappings: [{ containerPort: 8080 }],
  user: '10001:10001',
  readonlyRootFilesystem: true,
};
const STATES = [
  state(
    [
      'aws_iam_role',
      {
        name: 'LornuGithubPlanRole',
        assume_role_policy: trust(
          { Federated: 'arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com' },
          { StringEquals: { 'token.actions.githubusercontent.com:sub': 'repo:lornu-ai/x:pull_request' } },
        ),
        permissions_boundary: '',
      },
    ],
    ['aws_iam_policy', { arn: 'arn:read', policy: policy('ec2:Describe*', 's3:GetObject') }],
    ['aws_iam_role_policy_attachment', { role: 'LornuGithubPlanRole', policy_arn: 'arn:read' }],
  ),
  state(
    [
      'aws_ecs_task_definition',
      { family: 'agent', cpu: '1024', memory: '2048', container_definitions: JSON.stringify([container]) },
    ],
    ['aws_lb', { idle_timeout: 120 }],
    ['aws_lb_listener', { port: 443 }, { port: 80 }, { port: 8443 }],
    ['aws_secretsmanager_secret', { name: 'lornu/staging/session-key' }],
    [
      'aws_iam_role',
      {
        name: 'LornuEcsTaskRole',
        assume_role_policy: trust({ Service: 'ecs-tasks.amazonaws.com' }),
        permissions_boundary: 'arn:boundary',
      },
    ],
    [
      'aws_iam_role_policy',
      { role: 'LornuEcsTaskRole', policy: policy('logs:PutLogEvents', 'logs:CreateLogStream') },
    ],
  ),
];

test('shows callers, services and identities, from the states only', () => {
  const environment = toEnvironment(STATES);
  expect(environment.callers).toEqual([
    { who: 'People', by: 'sign-in at accounts.google.com', names: ['lornu.example'] },
    {
      who: 'Peers (A2A)',
      by: 'a token of accounts.google.com',
      names: ['peer@lornu.iam.gserviceaccount.com'],
    },
  ]);
  expect(environment.roles).toEqual([
    {
      name: 'LornuGithubPlanRole',
      trusts: 'token.actions.githubusercontent.com: repo:lornu-ai/x:pull_request',
      may: ['ec2', 's3'],
      bounded: false,
    },
    { name: 'LornuEcsTaskRole', trusts: 'ecs-tasks.amazonaws.com', may: ['logs'], bounded: true },
  ]);
  expect(environment.google).toEqual([{ name: 'Firestore', value: 'lornu, database staging' }]);
  expect(environment.resources).toBe(11);
  const front = environment.areas.find(({ title }) => title === 'In front');
  expect(front?.services.at(-1)).toEqual({
    name: 'Load balancer',
    facts: ['ports 80, 443, 8443', 'idle timeout 120 s', '0 rules, refuses by default'],
  });
});

test('leaves out what does not exist', () => {
  const empty = toEnvironment([state()]);
  expect(empty).toMatchObject({ callers: [], roles: [], google: [], resources: 0 });
  expect(empty.areas.flatMap(({ services }) => services)).toEqual([]);
});

test('the picture is self-contained XML and escapes texts of the account', () => {
  const environment = toEnvironment(STATES);
  environment.roles[0]!.trusts = '<script>&';
  const picture = renderEnvironment(environment);
  let elements = 0;
  new HTMLRewriter().on('*', { element: () => void (elements += 1) }).transform(picture);
  expect(elements).toBeGreaterThan(40);
  for (const name of ['LornuEcsTaskRole', 'Load balancer', 'Google Cloud', 'federated: no key'])
    expect(picture).toContain(name);
  expect(picture).toContain('&lt;script&gt;&amp;');
  expect(picture).not.toMatch(/href|url\((?!#)|<script/);
});
