import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { REQUIREMENTS, isReady, type Found } from '@lornu/ops/first-time/first-time.ts';
import { applyBootstrap, deploy, setSecrets, startWorld, type World } from './world.ts';

const SECRETS = ['gemini-api-key', 'oidc-client', 'session-key', 'a2a-signing-key'];
/** What lornu setup makes itself, after a yes. */
const MADE_HERE = [
  'hcp-aws-bootstrap',
  'hcp-gcp-staging',
  'hcp-aws-staging',
  'github-environment',
  'google-apis',
  'github-account',
  'github-variables',
];

let world: World;
beforeAll(async () => {
  world = await startWorld();
}, 5 * 60_000);
afterAll(() => world?.stop());

const ids = (found: readonly Found[], state: Found['state']) =>
  found.filter((one) => one.state === state).map(({ id }) => id);
const changesMade = () => [
  ...world.github.changes,
  ...[...world.hcp.requests, ...world.google.requests].filter((call) => !call.startsWith('GET ')),
];

/** What a person does besides: Terraform twice, secrets, tokens, the workflow. */
async function byHand(): Promise<void> {
  await applyBootstrap(world);
  await setSecrets(world, SECRETS);
  world.hcp.putState('lornu-gcp-staging', JSON.stringify({ version: 4, serial: 1, lineage: 'a' }));
  world.github.settings.secrets.add('TF_API_TOKEN_READ');
  world.github.settings.environmentSecrets.set('staging', new Set(['TF_API_TOKEN']));
  await deploy(world);
}

describe('from empty accounts', () => {
  test('a look alone changes nothing, and has a next command for everything that is missing', async () => {
    const found = await world.run();
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
    expect(ids(found, 'unknown')).toEqual(['aws-zone-right', 'google-stack', 'github-tokens']);
    expect(found.filter(({ state, next }) => state === 'missing' && !next)).toEqual([]);
    expect(changesMade()).toEqual([]);
  }, 60_000);

  test('one yes changes one thing', async () => {
    const found = await world.run({ yes: ['hcp-aws-staging'] });
    expect(found.filter(({ changed }) => changed).map(({ id }) => id)).toEqual(['hcp-aws-staging']);
    expect(changesMade()).toEqual(['POST /api/v2/organizations/lornu-ai/workspaces']);
    expect(world.hcp.workspace('lornu-aws-staging').executionMode).toBe('local');
  }, 60_000);

  test('the next run makes what is left of what it can make, and says the rest as commands', async () => {
    const found = await world.run({ yes: ['all'] });
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
    expect(world.github.environments.get('staging')?.reviewers).toEqual(['ada']);
    expect(JSON.parse(world.github.settings.variables.get('LORNU_TERRAFORM_VARIABLES') ?? '')).toEqual(
      world.variables,
    );
    const { next } = found.find(({ id }) => id === 'aws-roles') ?? {};
    const zone = String(world.variables['route53_zone_id']);
    expect(next).toEndWith(
      `-var github_repository=lornu-ai/lornu-aws-staging -var github_subject_prefix=${world.github.subjectPrefix} -var domain_zone_id=${zone}`,
    );
  }, 60_000);

  test('once the rest is done everything is there, and another run changes nothing', async () => {
    await byHand();
    const before = changesMade();
    const found = await world.run({ yes: ['all'] });
    expect(found.filter(({ state }) => state !== 'ok')).toEqual([]);
    expect(isReady(found)).toBe(true);
    expect(found.map(({ id }) => id)).toEqual(REQUIREMENTS.map(({ id }) => id));
    expect(changesMade()).toEqual(before);
  }, 60_000);
});
