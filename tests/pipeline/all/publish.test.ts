import { ECR } from '@aws-sdk/client-ecr';
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { signerOf } from '@lornu/ops/delivery/image/signature.ts';
import { EVENTS } from '../workflow/events.ts';
import { emulatorSettings } from '@lornu/rehearsal/emulator/aws-clients.ts';
import { findEngine } from '@lornu/ops/image/engine.ts';
import { tryCommand } from '@lornu/ops/process/run-command.ts';
import { runWorkflow, type JobReport } from '../runner/run-workflow.ts';
import { expectRan, expectResult, logOf, putImage, root, startPipeline, type Pipeline } from '../kit.ts';
import { pushSmallImage } from '../registry.ts';
import { MAIN, signImage } from '../sigstore/forgeries.ts';
import { startSigning, type Signing } from '../signing.ts';
import { startEcrFront, type EcrFront } from '../ecr-front.ts';
import { finishDeployment, runningRevision } from '../service.ts';
import { RUN_BY } from '../steps.ts';

setDefaultTimeout(15 * 60_000);

// A deploy from the build on: the image is built (on stand-in bases if no registry of bases is reachable), listed,
// pushed to a registry, signed by the job's own token, planned by its digest, verified and applied. Then images that
// must not be signed. cosign signs where it was built, else its stand-in.

const CPU = process.arch === 'arm64' ? 'ARM64' : 'X86_64';
let pipeline: Pipeline;
let front: EcrFront;
let signing: Signing;
let revision: string;
let reports: Record<string, JobReport>;

beforeAll(async () => {
  pipeline = await startPipeline();
  const { world } = pipeline;
  front = await startEcrFront(join(world.folder, 'registry'), pipeline.emulator.url);
  const context = { cacheDir: join(root, '.cache'), env: process.env };
  signing = await startSigning(world.folder, pipeline.github, front.registry, context);
  process.stdout.write(`figure: ${signing.title}\n`);
  const { program, env } = signing.cosign;
  world.cosignFolder = dirname(program);
  world.env = { ...world.env, ...env, AWS_ENDPOINT_URL_ECR: front.url, LORNU_REHEARSAL: '1' };
  const variables = JSON.parse(world.vars['LORNU_TERRAFORM_VARIABLES'] ?? '{}') as object;
  world.vars = {
    ...world.vars,
    LORNU_TERRAFORM_VARIABLES: JSON.stringify({ ...variables, cpu_architecture: CPU }),
  };
  world.instead = { verify: () => 0 };
  world.before = async ({ job, step }) => {
    if (job === 'apply' && step === 'deploy') await finishDeployment(pipeline, revision);
  };
  revision = world.commit.slice(0, 12);
  pipeline.github.checks.set(world.commit, [PASSED]);
  reports = await deploy();
});
afterAll(async () => {
  await removeImages();
  await signing?.stop();
  await front?.stop();
  await pipeline?.stop();
}, 5 * 60_000);

const PASSED = {
  name: 'Test',
  status: 'completed',
  conclusion: 'success',
  app: { slug: 'github-actions' },
} as const;
/** A commit on main whose tests have passed at GitHub. */
async function commitTested(...change: Parameters<Pipeline['commit']>): Promise<string> {
  const commit = await pipeline.commit(...change);
  pipeline.github.checks.set(commit, [PASSED]);
  return commit;
}
const deploy = async () => runWorkflow(pipeline.workflow, EVENTS['deploy started on main'], pipeline.world);
const signatures = async () => signing.signatures();

test('the image is built, listed, pushed under its commit, and signed by this workflow on main', async () => {
  const { publish } = reports;
  expectResult(publish, 'success');
  const digest = front.registry.pushed.get(`agent-${revision}`) ?? 'not pushed';
  const judged = publish?.outputs['gate'] ?? '{}';
  expect(publish?.outputs).toEqual({ revision, digest, gate: judged });
  expect(JSON.parse(judged)).toMatchObject({ passed: true, changed: 0, evalFailed: 0, loadFailed: 0 });
  const by = signerOf({});
  expect(await signatures()).toEqual([
    { image: digest, by, type: 'image' },
    { image: digest, by, type: 'cyclonedx' },
  ]);
  const log = logOf(publish);
  for (const step of [
    'Build agent',
    'List what is in agent',
    'Judge the candidate',
    'Push agent-',
    'Sign the image',
  ]) {
    expect(log).toMatch(new RegExp(`ok {2}${step}`));
  }
});

test('that digest is planned, verified, applied and served', () => {
  const digest = front.registry.pushed.get(`agent-${revision}`) ?? 'not pushed';
  expectResult(reports['plan'], 'success');
  expect(reports['plan']?.summary).toContain(digest);
  expect(reports['plan']?.summary).toMatch(/gate \| \d+ recorded conversations, 0 led otherwise/);
  expectResult(reports['apply'], 'success');
  const log = logOf(reports['apply']);
  expect(log).toMatch(
    /ok {2}Verify who signed the image \(cosign\).*: https:\/\/github\.com\/.*@refs\/heads\/main/,
  );
  expect(log).toContain(`${revision} is served`);
  expect(runningRevision(pipeline)).toBe(revision);
});

test('a restarted run neither builds nor signs an existing signed image', async () => {
  const { publish } = await deployUntilPublished();
  expectResult(publish, 'success');
  expect(logOf(publish)).not.toContain('Build agent');
  expect(await signatures()).toHaveLength(2);
});

test.each<[string, string | null, string]>([
  ['nobody has signed', null, 'Nobody has signed sha256:'],
  [
    'a pull request of ours has signed',
    MAIN.replace('refs/heads/main', 'refs/pull/7/merge'),
    'was signed by https://github.com/lornu-ai/lornu-aws-staging/.github/workflows/terraform-aws.yml@refs/pull/7/merge',
  ],
])(
  'an image that is there under the tag and %s is not made ours by a signature',
  async (_case, workflowRef, why) => {
    const commit = await commitTested(`Something that ${_case}`);
    const digest = await pushSmallImage(front.registry);
    const ecr = new ECR(emulatorSettings(pipeline.emulator.url));
    await putImage(ecr, `agent-${commit.slice(0, 12)}`, digest);
    const { repository } = front;
    const registry = { host: repository.split('/')[0] ?? '', repository, password: 'an-auth-token' };
    if (workflowRef) await signImage(signing.cosign, `${repository}@${digest}`, registry, { workflowRef });
    const before = (await signatures()).length;
    const { publish, plan } = await deploy();
    expectResult(publish, 'failure');
    expectResult(plan, 'skipped');
    expect(logOf(publish)).toContain(
      `agent-${commit.slice(0, 12)} is there already, and was not published again.`,
    );
    expect(logOf(publish)).toContain(why);
    expect(logOf(publish)).toContain('next: Find out who pushed it.');
    expect(await signatures()).toHaveLength(before);
  },
);

test('a job without the id-token permission signs nothing', async () => {
  const { publish: job, ...others } = pipeline.workflow.jobs;
  if (!job) throw new Error('there is no such job');
  const steps = job.steps.filter(({ uses = '' }) => !uses.startsWith('aws-actions/'));
  const publish = { ...job, steps, permissions: { contents: 'read', checks: 'read' } };
  await commitTested('Something new');
  const keys = { AWS_ACCESS_KEY_ID: 'a-key', AWS_SECRET_ACCESS_KEY: 'a-key', AWS_REGION: 'us-east-1' };
  const world = { ...pipeline.world, env: { ...pipeline.world.env, ...keys } };
  const workflow = { ...pipeline.workflow, jobs: { publish, ...others } };
  const before = (await signatures()).length;
  const done = await runWorkflow(workflow, EVENTS['deploy started on main'], world);
  expectResult(done['publish'], 'failure');
  expect(logOf(done['publish'])).toContain('The image was pushed but not signed.');
  expect(await signatures()).toHaveLength(before);
  expectResult(done['plan'], 'skipped');
});

// Last, as later commits would keep the renamed tool.
test('a candidate that leads a recorded conversation otherwise is neither pushed nor signed nor planned', async () => {
  const commit = await commitTested('Rename a tool', async (folder) => {
    const path = join(folder, 'agents/lornu/agent.ts');
    await Bun.write(path, (await readFile(path, 'utf8')).replaceAll("'list_notes'", "'read_notes'"));
  });
  const before = (await signatures()).length;
  const { publish, plan } = await deploy();
  expectResult(publish, 'failure');
  expect(logOf(publish)).toContain('The candidate did not pass');
  expect(logOf(publish)).toContain('tools declared');
  expect(front.registry.pushed.has(`agent-${commit.slice(0, 12)}`)).toBe(false);
  expect(await signatures()).toHaveLength(before);
  expectResult(plan, 'skipped');
});

test('the claimed steps were run here', () => {
  expectRan(pipeline.ran, RUN_BY['all/publish']);
});

/** Only the first job: the plan that waits for approval is not needed here. */
async function deployUntilPublished(): Promise<Record<string, JobReport>> {
  const { publish } = pipeline.workflow.jobs;
  if (!publish) throw new Error('there is no such job');
  const workflow = { ...pipeline.workflow, jobs: { publish } };
  return runWorkflow(workflow, EVENTS['deploy started on main'], pipeline.world);
}

/** Removes images of this repository's commits, which nobody runs; missing ones are ignored. */
async function removeImages(): Promise<void> {
  const { path } = await findEngine(process.env);
  const names = [...(front?.registry.pushed.keys() ?? [])].flatMap((tag) => [
    `${front.repository}:${tag}`,
    `localhost/lornu-agent:${tag.replace('agent-', '')}`,
  ]);
  for (const name of names) await tryCommand([path, 'rmi', name]);
}
