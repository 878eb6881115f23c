import { ECR } from '@aws-sdk/client-ecr';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tryCommand } from '@lornu/ops/process/run-command.ts';
import { emulatorSettings } from '@lornu/rehearsal/emulator/aws-clients.ts';
import { sign, TOKEN, WORKSPACE, type Pipeline } from '../kit.ts';
import type { StepEnv } from '../runner/world.ts';
import { MAIN } from '../sigstore/forgeries.ts';

export const REVISION = '0123456789ab';

interface Attempt {
  pipeline: Pipeline;
  /** Digest of the image that is deployed. */
  image: string;
  /** A copy of what the plan job passed on. */
  dir: string;
  checkout: string;
  approved: string;
  env: StepEnv;
  /** The expected exit code; default: 1. */
  exitCode?: number;
  undo: (how: () => Promise<void>) => void;
}

interface Case {
  /** A part of the sentence that must stop it. */
  words: string;
  /** Changes nothing but its own copy, so that it may run beside others. */
  parallel?: boolean;
  run: (attempt: Attempt) => Promise<void>;
}

export interface Refusal {
  expected: number;
  exitCode: number | undefined;
  said: string;
  /** Writes that reached Terraform Cloud or AWS meanwhile. */
  changed: string[];
}

/**
 * Changes made to a copy, with text of the sentence that must stop it. What is compared in files alone (plan, manifest,
 * scan, commit) has its cases in ops/delivery/apply/check-approved.test.ts; here one of them shows that it is compared.
 */
export const CASES: Record<string, Case> = {
  'a manifest that was changed': {
    words: 'was approved, and the manifest here is',
    parallel: true,
    run: async ({ dir }) => {
      const path = join(dir, 'manifest.json');
      await writeFile(path, `${await readFile(path, 'utf8')} `);
    },
  },
  'an environment that is not there': {
    words: 'There is no environment staging.',
    run: async ({ pipeline, undo }) => {
      const { environments } = pipeline.github;
      environments.delete('staging');
      undo(async () => void environments.set('staging', { reviewers: ['maintainer'] }));
    },
  },
  'an environment without reviewers': {
    words: 'The environment staging has no required reviewers.',
    run: async ({ pipeline, undo }) => {
      const { environments } = pipeline.github;
      environments.set('staging', { reviewers: [] });
      undo(async () => void environments.set('staging', { reviewers: ['maintainer'] }));
    },
  },
  'a private repository, whose plan has no reviewers': {
    words: 'In a private repository, required reviewers need GitHub Enterprise.',
    run: async ({ pipeline, undo }) => {
      pipeline.github.isPrivate = true;
      pipeline.github.environments.set('staging', { reviewers: [] });
      undo(async () => {
        pipeline.github.isPrivate = false;
        pipeline.github.environments.set('staging', { reviewers: ['maintainer'] });
      });
    },
  },
  'a workspace that runs plans at HCP': {
    words: 'has execution mode remote: plans would run at HCP',
    run: async ({ pipeline, undo }) => {
      pipeline.cloud.workspace(WORKSPACE).executionMode = 'remote';
      undo(async () => void (pipeline.cloud.workspace(WORKSPACE).executionMode = 'local'));
    },
  },
  'a run that nobody approved': {
    words: 'Nobody has approved this run.',
    run: async (attempt) => void (attempt.env = { ...attempt.env, GITHUB_RUN_ID: 'another-run' }),
  },
  'a job without the right to see who approved': {
    words: 'the job lacks that permission',
    run: async (attempt) => {
      attempt.env = {
        ...attempt.env,
        GITHUB_TOKEN: attempt.pipeline.github.issueToken({ contents: 'read' }),
      };
    },
  },
  'an image that has gone': {
    words: 'The image does not exist.',
    run: async ({ pipeline, undo }) => {
      const ecr = new ECR(emulatorSettings(pipeline.emulator.url));
      const imageIds = [{ imageTag: `agent-${REVISION}` }];
      await ecr.batchDeleteImage({ repositoryName: 'lornu-agent', imageIds });
      undo(async () => void (await pipeline.pushImage(REVISION)));
    },
  },
  'an image that nobody has signed': {
    words: 'Nobody has signed sha256:',
    parallel: true,
    run: async (attempt) => withSignature(attempt, undefined),
  },
  'an image whose signature is of another digest': {
    words: 'Nobody has signed sha256:',
    parallel: true,
    run: async (attempt) => withSignature(attempt, `sha256:${'0'.repeat(64)}`),
  },
  'an image that a branch has signed': {
    words: 'terraform-aws.yml@refs/heads/feature, not by https://github.com/',
    parallel: true,
    run: async (attempt) =>
      withSignature(attempt, attempt.image, MAIN.replace('refs/heads/main', 'refs/heads/feature')),
  },
  'a runner without cosign': {
    words: 'There is no cosign on PATH',
    parallel: true,
    run: async (attempt) => {
      const PATH = (attempt.env['PATH'] ?? '').split(':').filter((dir) => !dir.endsWith('/cosign'));
      attempt.env = { ...attempt.env, PATH: PATH.join(':') };
      attempt.exitCode = 3;
    },
  },
  'a token for Terraform Cloud that has expired': {
    words: 'Terraform Cloud does not accept the token',
    run: async ({ pipeline, undo }) => {
      pipeline.tokens.delete(TOKEN);
      undo(async () => void pipeline.tokens.set(TOKEN, 'write'));
    },
  },
  'a state that has moved': {
    words: 'The state has changed since: it is serial 5, and the plan was made against 0.',
    run: async ({ pipeline, undo }) => {
      const { versions } = pipeline.cloud.workspace(WORKSPACE);
      const state = new TextEncoder().encode(
        JSON.stringify({ version: 4, serial: 5, lineage: 'another', resources: [] }),
      );
      versions.push({ id: 'sv-other', serial: 5, lineage: 'another', md5: '', state });
      undo(async () => void versions.pop());
    },
  },
  'a state that another run has locked': {
    words: 'The state is locked: another run is planning or applying',
    run: async ({ pipeline, undo }) => {
      pipeline.cloud.lock(WORKSPACE, 'User somebody');
      undo(async () => pipeline.cloud.unlock(WORKSPACE));
    },
  },
};

/** Tries all cases on copies of the approved folder in this checkout, with the environment of the apply step. */
export async function tryAll(
  world: Pick<Attempt, 'pipeline' | 'image' | 'checkout' | 'env'>,
): Promise<Record<string, Refusal>> {
  const found: Record<string, Refusal> = {};
  const rows = Object.entries(CASES);
  const together = rows.filter(([, { parallel }]) => parallel);
  // Two at a time: each is a separate process.
  for (let index = 0; index < together.length; index += 2) {
    const pair = together.slice(index, index + 2);
    await Promise.all(pair.map(async ([name, { run }]) => void (found[name] = await tryCase(run, world))));
  }
  for (const [name, { run, parallel }] of rows) {
    if (!parallel) found[name] = await tryCase(run, world);
  }
  return found;
}

async function tryCase(
  run: (attempt: Attempt) => Promise<void>,
  world: Pick<Attempt, 'pipeline' | 'image' | 'checkout' | 'env'>,
): Promise<Refusal> {
  const { pipeline, checkout, env } = world;
  const dir = join(pipeline.world.folder, `attempt-${crypto.randomUUID()}`);
  await cp(join(checkout, '.lornu/delivery'), dir, { recursive: true });
  const undos: (() => Promise<void>)[] = [];
  const given: Attempt = {
    ...world,
    dir,
    approved: env['APPROVED'] ?? '',
    undo: (how) => undos.push(how),
  };
  await run(given);
  const before = pipeline.cloud.requests.length;
  const command = ['./lornu', 'apply', '--approved', given.approved, '--dir', dir];
  const result = await tryCommand(command, { cwd: checkout, env: given.env });
  for (const undo of undos) await undo();
  const changed = pipeline.cloud.requests
    .slice(before)
    .filter((request) => request.startsWith('POST') && request.endsWith('/state-versions'));
  return { expected: given.exitCode ?? 1, exitCode: result.exitCode, said: result.tail.join('\n'), changed };
}

/** Replaces the existing signatures, for this attempt only, by one of this image. */
async function withSignature(
  attempt: Attempt,
  digest: string | undefined,
  workflowRef = MAIN,
): Promise<void> {
  const path = join(attempt.dir, 'signatures.jsonl');
  const { world, github } = attempt.pipeline;
  if (digest) await sign(world.folder, github, digest, workflowRef, path);
  attempt.env = { ...attempt.env, COSIGN_SIGNATURES: path };
}
