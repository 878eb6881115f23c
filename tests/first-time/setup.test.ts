import { afterAll, describe, expect, test } from 'bun:test';
import { REQUIREMENTS, isReady, type Found } from '@lornu/ops/first-time/first-time.ts';
import { TAKEN_ELSEWHERE } from './taken-elsewhere.ts';
import { TAKEN_FROM_AWS } from './taken-from-aws.ts';
import { applyBootstrap, deploy, setSecrets, startFixture } from './fixture.ts';

const TAKEN_AWAY = [...TAKEN_ELSEWHERE, ...TAKEN_FROM_AWS];
const SECRETS = ['gemini-api-key', 'oidc-client', 'session-key', 'a2a-signing-key'];
/** What lornu setup creates itself, after a yes. */
const MADE_HERE = [
  'hcp-aws-bootstrap',
  'hcp-gcp-staging',
  'hcp-aws-staging',
  'github-environment',
  'github-branches',
  'google-apis',
  'github-account',
  'github-variables',
];

const fixture = await startFixture();
afterAll(() => fixture.stop());

const ids = (found: readonly Found[], state: Found['state']) =>
  found.filter((one) => one.state === state).map(({ id }) => id);
const changesMade = () => [
  ...fixture.github.changes,
  ...[...fixture.hcp.requests, ...fixture.google.requests].filter((call) => !call.startsWith('GET ')),
];

/** What a person does by hand: Terraform twice, secrets, tokens, the workflow. */
async function byHand(): Promise<void> {
  await applyBootstrap(fixture);
  await setSecrets(fixture, SECRETS);
  fixture.hcp.putState('lornu-gcp-staging', JSON.stringify({ version: 4, serial: 1, lineage: 'a' }));
  fixture.github.settings.secrets.add('TF_API_TOKEN_READ');
  fixture.github.settings.environmentSecrets.set('staging', new Set(['TF_API_TOKEN']));
  await deploy(fixture);
}

describe('from empty accounts', () => {
  test('a check changes nothing, and has a next command for everything that is missing', async () => {
    const found = await fixture.run();
    expect(ids(found, 'missing')).toEqual([
      'hcp-aws-bootstrap',
      'hcp-gcp-staging',
      'hcp-aws-staging',
      'github-environment',
      'aws-roles',
      'aws-image-repository',
      'aws-secrets',
      'google-apis',
      'github-account',
      'github-variables',
      'aws-deployed',
    ]);
    expect(ids(found, 'unknown')).toEqual([
      'github-branches',
      'aws-zone-right',
      'google-stack',
      'github-tokens',
    ]);
    expect(found.filter(({ state, next }) => state === 'missing' && !next)).toEqual([]);
    expect(changesMade()).toEqual([]);
  });

  test('one yes makes one change', async () => {
    const found = await fixture.run({ yes: ['hcp-aws-staging'] });
    expect(found.filter(({ changed }) => changed).map(({ id }) => id)).toEqual(['hcp-aws-staging']);
    expect(changesMade()).toEqual(['POST /api/v2/organizations/lornu-ai/workspaces']);
    expect(fixture.hcp.workspace('lornu-aws-staging').executionMode).toBe('local');
  });

  test('the next run creates the rest of what it can create, and lists the remaining commands', async () => {
    const found = await fixture.run({ yes: ['all'] });
    expect(found.filter(({ changed }) => changed).map(({ id }) => id)).toEqual(
      MADE_HERE.filter((id) => id !== 'hcp-aws-staging'),
    );
    expect(ids(found, 'missing')).toEqual([
      'aws-roles',
      'aws-image-repository',
      'aws-secrets',
      'google-stack',
      'github-tokens',
      'aws-deployed',
    ]);
    expect(fixture.github.environments.get('staging')).toEqual({
      reviewers: ['ada'],
      branchPolicy: { protected_branches: false, custom_branch_policies: true },
      branches: ['main'],
    });
    expect(JSON.parse(fixture.github.settings.variables.get('LORNU_TERRAFORM_VARIABLES') ?? '')).toEqual(
      fixture.variables,
    );
    const { next } = found.find(({ id }) => id === 'aws-roles') ?? {};
    const zone = String(fixture.variables['route53_zone_id']);
    expect(next).toEndWith(
      `-var github_repository=lornu-ai/lornu-aws-staging -var github_subject_prefix=${fixture.github.subjectPrefix} -var domain_zone_id=${zone}`,
    );
  });

  test('once the rest is done everything is there, and another run changes nothing', async () => {
    await byHand();
    const before = changesMade();
    const found = await fixture.run({ yes: ['all'] });
    expect(found.filter(({ state }) => state !== 'ok')).toEqual([]);
    expect(isReady(found)).toBe(true);
    expect(found.map(({ id }) => id)).toEqual(REQUIREMENTS.map(({ id }) => id));
    expect(changesMade()).toEqual(before);
  });
});

describe('with everything there but one', () => {
  test('every prerequisite is removed at least once', () => {
    expect(new Set(TAKEN_AWAY.map(({ id }) => id))).toEqual(new Set(REQUIREMENTS.map(({ id }) => id)));
  });

  test.each(TAKEN_AWAY.map((one) => [one.id, one.how, one] as const))('%s: %s', async (id, _, one) => {
    const { provider } = REQUIREMENTS.find((requirement) => requirement.id === id) ?? {};
    const before = changesMade();
    await one.take?.(fixture);
    const found = await fixture.run({
      providers: provider ? [provider] : [],
      ...(one.env ? { env: one.env } : {}),
      ...(one.given ? { given: one.given(fixture) } : {}),
    });
    await one.giveBack?.(fixture);
    const { state, seen = '', next = '' } = found.find((each) => each.id === id) ?? {};
    expect({ state, seen, next }).toEqual({
      state: 'missing',
      seen: expect.stringContaining(one.seen),
      next: expect.stringContaining(one.next),
    });
    expect(isReady(found)).toBe(false);
    expect(changesMade()).toEqual(before);
  });
});

describe('a refusal leaves nothing half-made', () => {
  test('a missing permission is named, and requirements that depend on it are not checked', async () => {
    fixture.front.refused.set('iam:GetRole', 'AccessDenied');
    const found = await fixture.run({ providers: ['aws'] });
    fixture.front.refused.clear();
    const roles = found.find(({ id }) => id === 'aws-roles');
    expect(roles).toMatchObject({
      state: 'missing',
      seen: 'these credentials may not do iam:GetRole, so nothing is known',
      next: expect.stringContaining('or ask one for iam:GetRole'),
    });
    expect(found.find(({ id }) => id === 'aws-zone-right')?.seen).toBe('aws-roles comes first');
  });

  test('in the wrong account nothing is set at GitHub', async () => {
    const found = await fixture.run({ yes: ['all'], given: { account: '999999999999' } });
    expect(found.find(({ id }) => id === 'github-account')?.seen).toBe('aws-account comes first');
    expect(fixture.github.settings.variables.get('AWS_ACCOUNT_ID')).toBe('123456789012');
  });

  test('a team token changes no workspace, and the sentence says who can', async () => {
    fixture.hcp.workspace('lornu-aws-staging').executionMode = 'remote';
    const found = await fixture.run({
      providers: ['hcp'],
      yes: ['all'],
      env: { TF_TOKEN_app_terraform_io: 'team' },
    });
    expect(found.find(({ id }) => id === 'hcp-aws-staging')).toMatchObject({
      state: 'missing',
      seen: expect.stringContaining('not changed: HCP answers 404'),
      next: 'terraform login as an owner of lornu-ai: only owners can create and change workspaces',
    });
    expect(fixture.hcp.workspace('lornu-aws-staging').executionMode).toBe('remote');
  });

  test('a locked workspace is not changed during the run that holds the lock', async () => {
    fixture.hcp.lock('lornu-aws-staging', 'User somebody');
    const found = await fixture.run({ providers: ['hcp'], yes: ['all'] });
    fixture.hcp.unlock('lornu-aws-staging');
    expect(found.at(-1)).toMatchObject({
      state: 'missing',
      next: 'wait for that run, then ./lornu setup hcp',
    });
    expect(fixture.hcp.workspace('lornu-aws-staging').executionMode).toBe('remote');
  });

  test('afterwards it is changed, and its state stays', async () => {
    fixture.hcp.putState('lornu-aws-staging', JSON.stringify({ serial: 3, lineage: 'b' }));
    await fixture.run({ providers: ['hcp'], yes: ['hcp-aws-staging'] });
    expect(fixture.hcp.workspace('lornu-aws-staging').executionMode).toBe('local');
    expect(fixture.hcp.state('lornu-aws-staging')?.serial).toBe(3);
  });

  test('if GitHub does not show the plan, its refusal of reviewers creates no environment', async () => {
    fixture.github.isPrivate = true;
    fixture.github.environments.delete('staging');
    const GH_TOKEN = fixture.github.issueToken({ administration: 'write', actions: 'read' });
    const found = await fixture.run({
      providers: ['github'],
      yes: ['github-environment'],
      env: { GH_TOKEN },
    });
    fixture.github.isPrivate = false;
    expect(found.find(({ id }) => id === 'github-environment')).toMatchObject({
      state: 'missing',
      seen: expect.stringContaining('not changed: GitHub refuses required reviewers here'),
      next: expect.stringContaining('they need GitHub Enterprise'),
    });
    expect(fixture.github.environments.has('staging')).toBe(false);
  });

  test('reviewers are added to an environment that keeps its wait and its branches', async () => {
    const branchPolicy = { protected_branches: false, custom_branch_policies: true };
    fixture.github.environments.set('staging', { reviewers: [], waitMinutes: 5, branchPolicy });
    await fixture.run({ providers: ['github'], yes: ['github-environment'] });
    expect(fixture.github.environments.get('staging')).toEqual({
      reviewers: ['ada'],
      waitMinutes: 5,
      branchPolicy,
    });
  });

  test('an unknown reviewer changes nothing', async () => {
    fixture.github.environments.delete('staging');
    const given = { reviewers: ['ada', 'nobody-of-that-name'] };
    const found = await fixture.run({ providers: ['github'], yes: ['github-environment'], given });
    expect(found.find(({ id }) => id === 'github-environment')?.seen).toBe(
      'not changed: GitHub has no user nobody-of-that-name',
    );
    expect(fixture.github.environments.has('staging')).toBe(false);
  });

  test('an unreachable service is not called missing', async () => {
    const found = await fixture.run({ providers: ['hcp'], env: { TFE_ADDRESS: 'http://127.0.0.1:1' } });
    expect(found[0]).toMatchObject({
      state: 'unknown',
      seen: 'Terraform Cloud cannot be reached from here',
    });
    expect(isReady(found)).toBe(false);
  });

  test('without a key the model is not checked, which does not count as missing', async () => {
    const found = await fixture.run({ providers: ['google'], env: { GEMINI_API_KEY: '' } });
    expect(found.at(-1)).toMatchObject({ id: 'google-model', state: 'unknown', optional: true });
  });
});
