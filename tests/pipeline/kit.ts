import { ECR } from '@aws-sdk/client-ecr';
import { IAM } from '@aws-sdk/client-iam';
import { expect } from 'bun:test';
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runCommand } from '@lornu/ops/process/run-command.ts';
import { parseWorkflow, type Workflow } from './workflow/workflow.ts';
import { createAwsClients, emulatorSettings } from '@lornu/rehearsal/emulator/aws-clients.ts';
import { ensureEmulatorPython } from '@lornu/rehearsal/emulator/ensure-python.ts';
import { startEmulator, type Emulator } from '@lornu/rehearsal/emulator/start-emulator.ts';
import { commitAll, makeRepository } from './runner/checkout.ts';
import type { JobReport } from './runner/run-workflow.ts';
import type { PipelineWorld } from './runner/world.ts';
import { chooseProvider } from '@lornu/rehearsal/terraform/choose-provider.ts';
import { renderProvider } from '@lornu/rehearsal/terraform/override.ts';
import { ensureTools } from '@lornu/ops/setup/ensure-tools.ts';
import { MAIN, signImage, type Cosign } from './sigstore/forgeries.ts';
import { startGithub, type Github } from '@lornu/standins/github/server.ts';
import {
  startTerraformCloud,
  type Right,
  type TerraformCloud,
} from '@lornu/standins/terraform-cloud/server.ts';
import { findTool, type FindContext } from '@lornu/ops/setup/find-tool.ts';
import { TOOLS } from '@lornu/ops/setup/tools.ts';

export const root = join(import.meta.dir, '../..');
export const WORKSPACE = 'lornu-aws-staging';
export const ACCOUNT = '123456789012';
/** Tokens of Terraform Cloud: one that may write the state, and one that may only read it. */
export const TOKEN = 'terraform-cloud-token';
const READ_TOKEN = 'terraform-cloud-token-that-reads';
/** The secrets that terraform/README.md stores at GitHub. */
export const SECRETS = {
  secrets: { TF_API_TOKEN_READ: READ_TOKEN },
  environmentSecrets: { staging: { TF_API_TOKEN: TOKEN } },
};
export const TOKENS: readonly (readonly [string, Right])[] = [
  [TOKEN, 'write'],
  [READ_TOKEN, 'read'],
];
const STACK = 'terraform/aws/staging';
export const COSIGN_STAND_IN = join(import.meta.dir, 'programs/cosign/cosign');

/** What /version returns through the load balancer. */
export interface Service {
  url: string;
  revision: string;
  stop: () => Promise<void>;
}

export interface Pipeline {
  world: PipelineWorld;
  workflow: Workflow;
  cloud: TerraformCloud;
  github: Github;
  emulator: Emulator;
  service: Service;
  tokens: Map<string, Right>;
  /** Steps of the workflow that were run, as "job: step", without those that were replaced. */
  ran: Set<string>;
  /**
   * Puts an image under a revision's tag, as a push does, and signs it as the workflow on main does, or as somebody
   * else.
   */
  pushImage: (revision: string, workflowRef?: string | null) => Promise<string>;
  /** Commits this change on top of the checkout; the next run uses that commit. */
  commit: (message: string, change?: (folder: string) => Promise<void>) => Promise<string>;
  stop: () => Promise<void>;
}

const quiet = { line: () => {} };

/**
 * Everything that the workflow calls: GitHub, Terraform Cloud, AWS, a repository. The stack is the small one of
 * small-stack/.
 */
export async function startPipeline(): Promise<Pipeline> {
  const folder = await mkdtemp(join(tmpdir(), 'lornu-pipeline-'));
  const signal = new AbortController().signal;
  const context = { cacheDir: join(root, '.cache'), env: process.env, signal };
  const toolDirs = await ensureTools(['python', 'uv'], context, () => {});
  const python = await ensureEmulatorPython(context, () => {});
  const provider = await chooseProvider('auto', context, quiet);
  const emulator = await startEmulator({ python, env: process.env, logPath: join(folder, 'emulator.log') });
  const github = startGithub('lornu-ai/lornu-aws-staging');
  github.environments.set('staging', { reviewers: ['maintainer'] });
  const tokens = new Map<string, Right>(TOKENS);
  const cloud = startTerraformCloud({ organization: 'lornu-ai', workspaces: [WORKSPACE], tokens });
  cloud.workspace(WORKSPACE).executionMode = 'local';
  const service = startService();
  const repository = join(folder, 'repository');
  const commit = await makeRepository(root, repository, (files) => putSmallStack(files, emulator.url));
  const cliConfig = join(folder, 'terraform.rc');
  await writeTerraformConfig(cliConfig, provider.cliConfigPath, cloud);
  await makeRoles(emulator.url, github.subjectPrefix);
  const ecr = new ECR(emulatorSettings(emulator.url));
  await ecr.createRepository({ repositoryName: 'lornu-agent' });
  const { ec2 } = createAwsClients(emulator.url);
  const { Subnets = [] } = await ec2.describeSubnets({});
  const { SecurityGroups = [] } = await ec2.describeSecurityGroups({});

  const ran = new Set<string>();
  const world: PipelineWorld = {
    root,
    repository,
    commit,
    folder,
    github,
    emulatorUrl: emulator.url,
    vars: {
      AWS_ACCOUNT_ID: ACCOUNT,
      LORNU_TERRAFORM_VARIABLES: JSON.stringify({
        public_url: service.url,
        subnets: Subnets.slice(0, 2).map(({ SubnetId }) => SubnetId),
        security_groups: SecurityGroups.slice(0, 1).map(({ GroupId }) => GroupId),
      }),
    },
    ...SECRETS,
    env: stepEnvironment(folder, toolDirs, emulator.url, cliConfig, cloud),
    cosignFolder: dirname(COSIGN_STAND_IN),
    trivyFolder: dirname((await findTrivy(context)).path),
    reviewer: 'maintainer',
    ran: noteIn(ran),
    signal,
  };
  return {
    ran,
    world,
    workflow: await readWorkflow(),
    cloud,
    github,
    emulator,
    service,
    tokens,
    pushImage: async (revision, workflowRef = MAIN) => {
      const pushed = await putImage(ecr, `agent-${revision}`);
      if (workflowRef) await sign(folder, github, pushed, workflowRef);
      return pushed;
    },
    commit: async (message, change) => {
      // Without commits that an earlier test left behind.
      await runCommand(['git', '-C', repository, 'reset', '--quiet', '--hard', world.commit]);
      await change?.(repository);
      return (world.commit = await commitAll(repository, message));
    },
    stop: async () => {
      await Promise.all([emulator.stop(), github.stop(), cloud.stop(), service.stop()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export async function readWorkflow(): Promise<Workflow> {
  return parseWorkflow(await readFile(join(root, '.github/workflows/terraform-aws.yml'), 'utf8'));
}

/** A job's complete log, for error messages. */
export function logOf(report: JobReport | undefined): string {
  return (report?.steps ?? [])
    .map(({ step, outcome, output }) => `## ${step}: ${outcome}\n${output}`)
    .join('\n');
}

/** Records each step that was run directly. */
export function noteIn(ran: Set<string>): NonNullable<PipelineWorld['ran']> {
  return ({ job, step, standIn }) => void (standIn || ran.add(`${job}: ${step}`));
}

/** Asserts that a test file ran exactly the steps that it claims. */
export function expectRan(ran: ReadonlySet<string>, said: readonly string[]): void {
  expect([...ran].toSorted()).toEqual([...new Set(said)].toSorted());
}

/** Fails with the job's whole log: its end alone rarely shows the reason. */
export function expectResult(report: JobReport | undefined, result: JobReport['result']): void {
  if (report?.result !== result)
    throw new Error(`expected ${result}, was ${report?.result ?? 'not run'}\n${logOf(report)}`);
}

async function putSmallStack(files: string, emulatorUrl: string): Promise<void> {
  await rm(join(files, STACK), { recursive: true });
  await cp(join(import.meta.dir, 'small-stack'), join(files, STACK), { recursive: true });
  await writeFile(join(files, STACK, 'zz_rehearsal_override.tf'), renderProvider(emulatorUrl));
}

/** The roles of terraform/aws/bootstrap, with the subjects that they trust. */
async function makeRoles(emulatorUrl: string, prefix: string): Promise<void> {
  const iam = new IAM(emulatorSettings(emulatorUrl));
  await iam.createOpenIDConnectProvider({
    Url: 'https://token.actions.githubusercontent.com',
    ClientIDList: ['sts.amazonaws.com'],
    ThumbprintList: [],
  });
  const main = `${prefix}:ref:refs/heads/main`;
  const roles = {
    LornuGithubPlanRole: { subjects: [`${prefix}:pull_request`, main], MaxSessionDuration: 3600 },
    LornuGithubPublishRole: { subjects: [main], MaxSessionDuration: 3600 },
    LornuGithubApplyRole: { subjects: [`${prefix}:environment:staging`], MaxSessionDuration: 7200 },
  };
  for (const [RoleName, { subjects, MaxSessionDuration }] of Object.entries(roles)) {
    const statement = {
      Effect: 'Allow',
      Action: 'sts:AssumeRoleWithWebIdentity',
      Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/token.actions.githubusercontent.com` },
      Condition: {
        StringEquals: {
          'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
          'token.actions.githubusercontent.com:sub': subjects,
        },
      },
    };
    const document = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
    await iam.createRole({ RoleName, AssumeRolePolicyDocument: document, MaxSessionDuration });
    // What each may do is not this small stack's to show: the whole one has bootstrap's own policies.
    await iam.attachRolePolicy({ RoleName, PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' });
  }
}

/** Configures Terraform with the provider of a rehearsal, and with the stand-in as Terraform Cloud. */
export async function writeTerraformConfig(
  path: string,
  providerConfig: string,
  cloud: TerraformCloud,
): Promise<void> {
  const host = `host "app.terraform.io" {\n  services = { "tfe.v2" = "${cloud.apiUrl}" }\n}\n`;
  await writeFile(path, `${await readFile(providerConfig, 'utf8')}\n${host}`);
}

/** The environment of every step besides its own: programs, endpoints, nothing of the person's configuration. */
export function stepEnvironment(
  folder: string,
  toolDirs: readonly string[],
  emulatorUrl: string,
  cliConfig: string,
  cloud: TerraformCloud,
): Record<string, string | undefined> {
  return {
    ...networkOf(process.env),
    PATH: [...toolDirs, process.env['PATH']].join(':'),
    HOME: process.env['HOME'],
    LANG: 'C.UTF-8',
    TF_CLI_CONFIG_FILE: cliConfig,
    TFE_ADDRESS: cloud.address,
    AWS_ENDPOINT_URL: emulatorUrl,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    HTTP_PROXY: emulatorUrl,
    NO_PROXY: '127.0.0.1,localhost',
    COSIGN_SIGNATURES: signaturesIn(folder),
    GIT_CONFIG_GLOBAL: '/dev/null',
    // Installed once for all checkouts.
    UV_PROJECT_ENVIRONMENT: join(root, 'terraform/checks/.venv'),
  };
}

/** Puts an image into the account's repository under a tag. */
export async function putImage(ecr: ECR, imageTag: string, imageDigest?: string): Promise<string> {
  const imageManifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', size: 2, digest: digest(imageTag) },
    layers: [],
  });
  const put = {
    repositoryName: 'lornu-agent',
    imageTag,
    imageManifest,
    imageDigest: imageDigest ?? digest(imageManifest),
  };
  await ecr.putImage(put);
  return put.imageDigest;
}

/** Where tests/pipeline/programs/cosign stores signatures. */
export function signaturesIn(folder: string): string {
  return join(folder, 'signatures.jsonl');
}

/** The stand-in for cosign, with its signatures in the folder. */
export function cosignStandIn(folder: string, github: Github): Cosign {
  return { program: COSIGN_STAND_IN, env: { COSIGN_SIGNATURES: signaturesIn(folder) }, github };
}

/** Signs an image of the account as a job of this workflow ref does; `path`: another file of signatures. */
export async function sign(
  folder: string,
  github: Github,
  imageDigest: string,
  workflowRef = MAIN,
  path?: string,
) {
  const host = `${ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com`;
  const registry = { host, repository: `${host}/lornu-agent`, password: 'a-password' };
  const job = { workflowRef, ...(path ? { env: { COSIGN_SIGNATURES: path } } : {}) };
  await signImage(cosignStandIn(folder, github), `${registry.repository}@${imageDigest}`, registry, job);
}

/** This machine's settings for package registries; tools are downloaded by their own clients. */
function networkOf(env: NodeJS.ProcessEnv): Record<string, string | undefined> {
  const names =
    /^(https_proxy|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|NODE_EXTRA_CA_CERTS|(UV|PIP|NPM_CONFIG|GO)\w+)$/i;
  return Object.fromEntries(Object.entries(env).filter(([name]) => names.test(name)));
}

function startService(): Service {
  const service: Service = { url: '', revision: 'none', stop: async () => server.stop(true) };
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: (request) =>
      new URL(request.url).pathname === '/version'
        ? Response.json({ revision: service.revision })
        : new Response(null, { status: 404 }),
  });
  service.url = `http://127.0.0.1:${server.port}`;
  return service;
}

function digest(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

/**
 * trivy if it was built for this checkout (which takes minutes, so only `./lornu test --all` does), else its stand-in.
 */
export async function findTrivy(context: FindContext): Promise<{ path: string; isReal: boolean }> {
  const found = await findTool(TOOLS.trivy, context);
  return found
    ? { path: found.path, isReal: true }
    : { path: join(import.meta.dir, 'programs/trivy/trivy'), isReal: false };
}
