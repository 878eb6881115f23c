import { afterAll, beforeEach, expect, test } from 'bun:test';
import { startGithub, type Github } from './server.ts';

const REPOSITORY = '/repos/lornu-ai/lornu-aws-staging';
const ADMINISTRATOR = { administration: 'write', actions: 'read', organization_plan: 'read' };
let github: Github;
beforeEach(async () => {
  await github?.stop();
  github = startGithub('lornu-ai/lornu-aws-staging');
});
afterAll(() => github.stop());

async function call(method: string, path: string, body?: unknown, rights: object = ADMINISTRATOR) {
  const response = await fetch(`${github.apiUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${github.issueToken(rights as Record<string, string>)}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
}

test('an administrator sets variables; only PATCH overwrites an existing one', async () => {
  const [variables, name] = [`${REPOSITORY}/actions/variables`, 'AWS_REGION'];
  expect((await call('PATCH', `${variables}/${name}`, { value: 'x' })).status).toBe(404);
  expect((await call('POST', variables, { name, value: 'us-east-1' })).status).toBe(201);
  expect((await call('POST', variables, { name, value: 'us-east-2' })).status).toBe(409);
  expect((await call('PATCH', `${variables}/${name}`, { value: 'eu-west-1' })).status).toBe(204);
  expect((await call('GET', `${variables}/${name}`)).body).toEqual({ name, value: 'eu-west-1' });
});

test.each([
  ['a name of its own', { name: 'GITHUB_X', value: 'x' }],
  ['more than 48 KB', { name: 'X', value: 'x'.repeat(48 * 1024 + 1) }],
])('a variable with %s is refused', async (_, variable) => {
  expect((await call('POST', `${REPOSITORY}/actions/variables`, variable)).status).toBe(422);
});

test('a caller that does not administer the repository can neither set nor read them', async () => {
  const rights = { actions: 'read', contents: 'write' };
  const refused = await Promise.all([
    call('GET', `${REPOSITORY}/actions/variables/X`, undefined, rights),
    call('POST', `${REPOSITORY}/actions/variables`, { name: 'X', value: 'x' }, rights),
    call('GET', `${REPOSITORY}/actions/secrets/X`, undefined, rights),
    call('PUT', `${REPOSITORY}/environments/staging`, {}, rights),
  ]);
  expect(refused.map(({ status }) => status)).toEqual([403, 403, 403, 404]);
});

test('an environment has the settings of the last PUT, and none of earlier ones', async () => {
  const path = `${REPOSITORY}/environments/staging`;
  await call('PUT', path, { reviewers: [{ type: 'User', id: 1001 }], wait_timer: 5 });
  await call('PUT', path, { reviewers: [{ type: 'User', id: 1002 }] });
  expect(github.environments.get('staging')).toEqual({ reviewers: ['ben'] });
  expect((await call('PUT', path, { reviewers: [{ type: 'User', id: 9 }] })).status).toBe(422);
});

test('a private repository has reviewers only with the enterprise plan', async () => {
  github.isPrivate = true;
  const path = `${REPOSITORY}/environments/staging`;
  const body = { reviewers: [{ type: 'User', id: 1001 }] };
  expect(await call('PUT', path, body)).toMatchObject({
    status: 422,
    body: { message: expect.stringContaining('ensure the billing plan supports') },
  });
  expect(github.environments.has('staging')).toBe(false);
  github.settings.plan = 'enterprise';
  expect((await call('PUT', path, body)).status).toBe(200);
});

test('an organization shows its plan to its owners only', async () => {
  expect((await call('GET', '/orgs/lornu-ai')).body).toMatchObject({ plan: { name: 'team' } });
  expect(
    (await call('GET', '/orgs/lornu-ai', undefined, { administration: 'write' })).body,
  ).not.toHaveProperty('plan');
});

test('branches are allowed one by one, and only with the custom policy', async () => {
  const path = `${REPOSITORY}/environments/staging`;
  await call('PUT', path, { reviewers: [] });
  expect((await call('POST', `${path}/deployment-branch-policies`, { name: 'main' })).status).toBe(404);
  const custom = { protected_branches: false, custom_branch_policies: true };
  await call('PUT', path, { deployment_branch_policy: custom });
  expect((await call('POST', `${path}/deployment-branch-policies`, { name: 'main' })).status).toBe(200);
  expect((await call('GET', `${path}/deployment-branch-policies`)).body).toEqual({
    branch_policies: [{ name: 'main' }],
  });
});
