import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstTime, type Found } from '@lornu/ops/first-time/first-time.ts';
import type { Provider } from '@lornu/ops/first-time/requirement.ts';
import { createAws, type Aws, type Given, type Scene } from '@lornu/ops/first-time/scene.ts';
import { SECRET_FORMS } from '@lornu/ops/secrets/secret-forms.ts';
import { ensureEmulatorPython } from '@lornu/rehearsal/emulator/ensure-python.ts';
import { startEmulator, type Emulator } from '@lornu/rehearsal/emulator/start-emulator.ts';
import { spawnGeminiStandin } from '@lornu/standins/gemini/spawn.ts';
import { startGithub, type Github } from '@lornu/standins/github/server.ts';
import { startServiceUsage, type ServiceUsage } from '@lornu/standins/google/service-usage.ts';
import { startTerraformCloud, type TerraformCloud } from '@lornu/standins/terraform-cloud/server.ts';
import { ROOT } from '../infrastructure/plan/documents.ts';
import { startAwsFront, type AwsFront } from './aws-front.ts';

export const ACCOUNT = '123456789012';
export const PROJECT = 'lornu-staging-1';
const REPOSITORY = 'lornu-ai/lornu-aws-staging';
const GOOGLE_TOKEN = 'ya29-stand-in';
const ADMINISTRATOR = { administration: 'write', actions: 'read', organization_plan: 'read' };

/** A person's machine and all their accounts, on loopback. */
export interface FirstTimeFixture {
  scene: Scene;
  aws: Aws;
  front: AwsFront;
  emulator: Emulator;
  github: Github;
  hcp: TerraformCloud;
  google: ServiceUsage;
  /** Public DNS records. */
  dns: { ns: Map<string, string[]>; caa: Map<string, string[]> };
  variables: Record<string, unknown>;
  /** Runs the checks as ./lornu setup does; `yes` lists the steps that are confirmed, or all of them. */
  run: (options?: {
    providers?: Provider[];
    yes?: readonly string[];
    given?: Partial<Given>;
    env?: Scene['env'];
  }) => Promise<Found[]>;
  /** Resets to empty accounts. */
  empty: () => Promise<void>;
  stop: () => Promise<void>;
}

/** Empty accounts, with credentials for all of them. */
export async function startFixture(): Promise<FirstTimeFixture> {
  const folder = await mkdtemp(join(tmpdir(), 'lornu-first-time-'));
  const context = { cacheDir: join(ROOT, '.cache'), env: process.env, signal: new AbortController().signal };
  const python = await ensureEmulatorPython(context, () => {});
  const emulator = await startEmulator({ python, env: process.env, logPath: join(folder, 'emulator.log') });
  const front = startAwsFront(emulator.url);
  const gemini = await spawnGeminiStandin({ retired: ['gemini-gone'] });
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' });
  const aws = createAws({ region: 'us-east-1', endpoint: front.url });
  const fixture = { emulator } as FirstTimeFixture;
  const asGemini = (async (input: string | URL | Request, init?: RequestInit) => {
    const { pathname, search } = new URL(input instanceof Request ? input.url : input);
    return fetch(`${gemini.url}${pathname}${search}`, init);
  }) as typeof fetch;

  fixture.empty = async () => {
    await Promise.all([
      fixture.github?.stop(),
      fixture.hcp?.stop(),
      fixture.google?.stop(),
      emulator.sideDoor.reset(),
    ]);
    front.refused.clear();
    front.quotas.clear();
    for (const [code, value] of [
      ['L-0263D0A3', 5],
      ['L-F678F1CE', 5],
      ['L-3032A538', 8],
    ] as const)
      front.quotas.set(code, value);
    const github = startGithub(REPOSITORY);
    const hcp = startTerraformCloud({
      organization: 'lornu-ai',
      workspaces: [],
      tokens: new Map([
        ['owner', 'owner' as const],
        ['team', 'write' as const],
      ]),
    });
    const google = startServiceUsage({
      project: PROJECT,
      token: GOOGLE_TOKEN,
      enabled: ['serviceusage.googleapis.com', 'firestore.googleapis.com'],
    });
    const zone = await aws.route53.createHostedZone({ Name: 'lornu.ai', CallerReference: 'x' });
    const id = zone.HostedZone?.Id?.replace('/hostedzone/', '') ?? '';
    const { DelegationSet } = await aws.route53.getHostedZone({ Id: id });
    const dns = {
      ns: new Map([['lornu.ai', DelegationSet?.NameServers ?? []]]),
      caa: new Map<string, string[]>(),
    };
    const variables = {
      domain_name: 'aws-staging.lornu.ai',
      route53_zone_id: id,
      alarm_emails: ['oncall@lornu.ai'],
      peer_emails: ['agent@lornu.iam.gserviceaccount.com'],
      sign_in: { domains: ['lornu.ai'] },
      google: { project_id: PROJECT, workload_identity_audience: '//iam.googleapis.com/projects/1/x' },
    };
    const scene: Scene = {
      root: ROOT,
      env: {
        HOME: '/nowhere',
        GITHUB_API_URL: github.apiUrl,
        GH_TOKEN: github.issueToken(ADMINISTRATOR),
        TFE_ADDRESS: hcp.address,
        TF_TOKEN_app_terraform_io: 'owner',
        CLOUDSDK_API_ENDPOINT_OVERRIDES_SERVICEUSAGE: `${google.url}/`,
        GEMINI_API_KEY: 'stand-in-key',
      },
      signal: context.signal,
      given: {
        repository: REPOSITORY,
        account: ACCOUNT,
        variables: JSON.stringify(variables),
        reviewers: ['ada'],
      },
      aws,
      dns: {
        ns: async (name) => dns.ns.get(name) ?? [],
        caa: async (name) => dns.caa.get(name),
      },
      fetch: asGemini,
      googleToken: async () => GOOGLE_TOKEN,
    };
    Object.assign(fixture, { scene, aws, front, github, hcp, google, dns, variables });
  };
  fixture.run = async ({ providers = [], yes = [], given = {}, env = {} } = {}) =>
    firstTime({
      scene: {
        ...fixture.scene,
        given: { ...fixture.scene.given, ...given },
        env: { ...fixture.scene.env, ...env },
      },
      providers,
      confirm: async (id) => yes.includes('all') || yes.includes(id),
      emit: () => {},
    });
  fixture.stop = async () => {
    await Promise.all([
      fixture.github.stop(),
      fixture.hcp.stop(),
      fixture.google.stop(),
      front.stop(),
      gemini.stop(),
    ]);
    await emulator.stop();
    await rm(folder, { recursive: true, force: true });
  };
  await fixture.empty();
  return fixture;
}

/** What an administrator's apply of terraform/aws/bootstrap creates, as far as the setup checks it. */
export async function applyBootstrap({ aws, github, variables }: FirstTimeFixture): Promise<void> {
  const provider = await aws.iam.createOpenIDConnectProvider({
    Url: 'https://token.actions.githubusercontent.com',
    ClientIDList: ['sts.amazonaws.com'],
    ThumbprintList: ['0'.repeat(40)],
  });
  const trust = (subject: string) =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: 'sts:AssumeRoleWithWebIdentity',
          Principal: { Federated: provider.OpenIDConnectProviderArn },
          Condition: {
            StringEquals: {
              'token.actions.githubusercontent.com:sub': `${github.subjectPrefix}${subject}`,
              'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
            },
          },
        },
      ],
    });
  for (const [RoleName, subject] of [
    ['LornuGithubPlanRole', ':ref:refs/heads/main'],
    ['LornuGithubPublishRole', ':ref:refs/heads/main'],
    ['LornuGithubApplyRole', ':environment:staging'],
  ] as const) {
    await aws.iam.createRole({ RoleName, AssumeRolePolicyDocument: trust(subject) });
  }
  const zone = `arn:aws:route53:::hostedzone/${String(variables['route53_zone_id'])}`;
  await aws.iam.createPolicy({
    PolicyName: 'LornuGithubApply-services',
    PolicyDocument: JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'route53:ChangeResourceRecordSets', Resource: zone }],
    }),
  });
  await aws.ecr.createRepository({ repositoryName: 'lornu-agent' });
  await Promise.all(
    Object.keys(SECRET_FORMS).map(async (name) =>
      aws.secrets.createSecret({ Name: `lornu/staging/${name}` }),
    ),
  );
}

/** Runs ./lornu secrets set for each secret that the tasks read. */
export async function setSecrets({ aws }: FirstTimeFixture, names: readonly string[]): Promise<void> {
  await Promise.all(
    names.map(async (name) =>
      aws.secrets.putSecretValue({ SecretId: `lornu/staging/${name}`, SecretString: 'x'.repeat(32) }),
    ),
  );
}

/** What the workflow's deployment creates, as far as the setup checks it. */
export async function deploy({ aws, emulator }: FirstTimeFixture): Promise<void> {
  await aws.ecs.createCluster({ clusterName: 'lornu-staging' });
  await aws.ecs.registerTaskDefinition({
    family: 'agent',
    containerDefinitions: [{ name: 'agent', image: 'x', memory: 64 }],
  });
  await aws.ecs.createService({
    cluster: 'lornu-staging',
    serviceName: 'agent',
    taskDefinition: 'agent',
    desiredCount: 2,
  });
  await emulator.sideDoor.reportService('lornu-staging', 'agent', { runningCount: 2, desiredCount: 2 });
}
