import { ECR } from '@aws-sdk/client-ecr';
import { tagOf, targetOf } from '@lornu/ops/delivery/image/repository.ts';
import { EVENTS } from './workflow/events.ts';
import type { Workflow } from './workflow/workflow.ts';
import { readState } from '@lornu/ops/delivery/plan/read-state.ts';
import { emulatorSettings } from '@lornu/rehearsal/emulator/aws-clients.ts';
import { makeRepository } from './runner/checkout.ts';
import { runWorkflow, type JobReport } from './runner/run-workflow.ts';
import type { PipelineWorld } from './runner/world.ts';
import { apply } from '@lornu/rehearsal/run/apply.ts';
import { addBrokenImage, addGoodImage } from '@lornu/rehearsal/scenarios/images.ts';
import type { Runtime } from '@lornu/rehearsal/serve/images.ts';
import { serve } from '@lornu/rehearsal/serve/serve.ts';
import { OVERRIDE_FILE, renderProvider } from '@lornu/rehearsal/terraform/override.ts';
import { VARIABLES_FILE } from '@lornu/rehearsal/terraform/stage-stack.ts';
import { ensureTools } from '@lornu/ops/setup/ensure-tools.ts';
import { startGithub } from '@lornu/standins/github/server.ts';
import { startTerraformCloud } from '@lornu/standins/terraform-cloud/server.ts';
import { expect } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { temporaryRehearsal } from '../rehearsal/whole/kit.ts';
import {
  ACCOUNT,
  COSIGN_STAND_IN,
  expectResult,
  logOf,
  noteIn,
  putImage,
  readWorkflow,
  root,
  SECRETS,
  sign,
  stepEnvironment,
  TOKENS,
  WORKSPACE,
  writeTerraformConfig,
  findTrivy,
} from './kit.ts';

const STACK = 'terraform/aws/staging';
/** Settings of a real environment, which the scanners require; the account is deleted with its emulator. */
const LASTING = { deletion_protection: true, force_destroy: false };

export interface Staging {
  /** Steps of the workflow that were run, as in kit.ts. */
  ran: Set<string>;
  world: PipelineWorld;
  workflow: Workflow;
  /** Pushes a new revision whose image runs, or exits as soon as it starts, and makes it known to the task runner. */
  pushImage: (kind: 'good' | 'bad') => Promise<string>;
  /** The revision of the last apply. */
  revision: () => string;
  /** The state, as Terraform Cloud stores it. */
  state: () => unknown;
  stop: () => Promise<void>;
}

/** A served rehearsal of both stacks, with its state handed to Terraform Cloud: from there on the pipeline owns it. */
export async function startStaging(runtime: Runtime = 'bun'): Promise<Staging> {
  const rehearsal = await temporaryRehearsal();
  const { context, dataDir } = rehearsal;
  const toolDirs = await ensureTools(['python', 'uv'], context, context.emit);
  const chosen = { ...LASTING, agent_runtime: runtime };
  const variableArguments = Object.entries(chosen).map(([name, value]) => `-var=${name}=${value}`);
  const { standing } = await apply({ provider: 'auto', port: 0, variableArguments }, context);
  const served = await serve(standing, {}, { ...context, redact: (text) => text });
  const applied = standing.workspace.stackFolder('staging');
  const emulatorUrl = standing.emulator.url;

  const github = startGithub('lornu-ai/lornu-aws-staging');
  github.environments.set('staging', { reviewers: ['maintainer'] });
  // A repository from before GitHub's ids: bootstrap is applied with its default, which trusts names. kit.ts has the
  // other kind.
  github.subjectPrefix = `repo:${github.repository}`;
  const tokens = new Map(TOKENS);
  const cloud = startTerraformCloud({ organization: 'lornu-ai', workspaces: [WORKSPACE], tokens });
  cloud.workspace(WORKSPACE).executionMode = 'local';
  cloud.putState(WORKSPACE, await readFile(join(applied, 'terraform.tfstate'), 'utf8'));

  const repository = join(dataDir, 'repository');
  const commit = await makeRepository(root, repository, async (files) => {
    await rm(join(files, STACK, '.terraform.lock.hcl'), { force: true });
    await writeFile(join(files, STACK, OVERRIDE_FILE), renderProvider(emulatorUrl));
  });
  const cliConfig = join(dataDir, 'terraform.rc');
  await writeTerraformConfig(cliConfig, standing.record.provider.cliConfigPath, cloud);
  const given = JSON.parse(await readFile(join(applied, VARIABLES_FILE), 'utf8')) as Record<string, unknown>;
  const { image_digest: _digest, revision: _revision, ...variables } = given;
  const ecr = new ECR(emulatorSettings(emulatorUrl));
  const pushImage: Staging['pushImage'] = async (kind) => {
    const revision = randomBytes(6).toString('hex');
    const add = kind === 'good' ? addGoodImage : addBrokenImage;
    const { digest } = await add(served.images, runtime, revision);
    await sign(dataDir, github, await putImage(ecr, tagOf(targetOf(chosen), revision), digest));
    return revision;
  };

  const ran = new Set<string>();
  return {
    ran,
    world: {
      root,
      repository,
      commit,
      folder: dataDir,
      github,
      emulatorUrl,
      vars: {
        AWS_ACCOUNT_ID: ACCOUNT,
        LORNU_TERRAFORM_VARIABLES: JSON.stringify({ ...variables, ...chosen }),
      },
      ...SECRETS,
      env: {
        ...stepEnvironment(dataDir, toolDirs, emulatorUrl, cliConfig, cloud),
        LORNU_CONNECT_TO: `127.0.0.1:${served.ports[443]}`,
        LORNU_CONNECT_HTTP_TO: `127.0.0.1:${served.ports[80]}`,
        LORNU_CA_FILE: served.caFile,
      },
      cosignFolder: dirname(COSIGN_STAND_IN),
      trivyFolder: dirname((await findTrivy(context)).path),
      reviewer: 'maintainer',
      ran: noteIn(ran),
      signal: context.signal,
    },
    workflow: await readWorkflow(),
    pushImage,
    revision: () => readState(JSON.stringify(cloud.state(WORKSPACE))).deployed?.revision ?? 'nothing',
    state: () => cloud.state(WORKSPACE),
    stop: async () => {
      await served.stop();
      await Promise.all([github.stop(), cloud.stop()]);
      await standing.emulator.stop();
      await rehearsal.remove();
    },
  };
}

/** Deploys an image that runs, and expects it to be served; returns the reports of the workflow's jobs. */
export async function deployGood(
  staging: Staging,
): Promise<{ revision: string; jobs: Record<string, JobReport> }> {
  const { revision, jobs } = await deploy(staging, 'good');
  expectResult(jobs['apply'], 'success');
  expect(logOf(jobs['apply'])).toContain(`${revision} is served at https://aws-staging.lornu.example`);
  return { revision, jobs };
}

/** Deploys an image that does not run, and expects ECS and the workflow to roll it back and the run to fail. */
export async function deployBad(staging: Staging): Promise<void> {
  const before = staging.revision();
  const { revision, jobs } = await deploy(staging, 'bad');
  expectResult(jobs['apply'], 'failure');
  expect(logOf(jobs['apply'])).toContain(`${revision} is not served: ECS rolled it back.`);
  expect(logOf(jobs['apply'])).toContain(`${revision} was rolled back: ${before} is served again.`);
  expect(staging.revision()).toBe(before);
}

async function deploy(
  { pushImage, workflow, world }: Staging,
  kind: 'good' | 'bad',
): Promise<{ revision: string; jobs: Record<string, JobReport> }> {
  const revision = await pushImage(kind);
  const event = { ...EVENTS['rollback started on main'], inputs: { action: 'rollback', revision } };
  const jobs = await runWorkflow(workflow, event, world);
  expectResult(jobs['plan'], 'success');
  return { revision, jobs };
}
