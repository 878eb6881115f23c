import { inOneLine } from '@lornu/ops/base/cli-error.ts';
import { credentialVariables } from '@lornu/rehearsal/emulator/credentials.ts';
import { signInFromGithub } from '@lornu/rehearsal/iam/sign-in.ts';
import { cp, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Event } from '../workflow/events.ts';
import type { Job } from '../workflow/workflow.ts';
import { checkOut } from './checkout.ts';
import type { PipelineWorld, RunAttempt } from './world.ts';

export interface ActionInput {
  world: PipelineWorld;
  job: Job;
  event: Event;
  attempt: RunAttempt;
  /** The job's checkout, where later steps run. */
  checkout: string;
  with: Readonly<Record<string, string>>;
}

/** What an action leaves for later steps; throws its error message if it fails. */
export interface ActionEffect {
  env?: Record<string, string>;
  /** Put before PATH. */
  path?: string;
}

type Action = (input: ActionInput) => Promise<ActionEffect | void>;

function rightsOf({ permissions }: Job): Readonly<Record<string, string>> {
  return typeof permissions === 'object' ? permissions : {};
}

/**
 * The effects of the workflow's actions on a runner, as far as later steps depend on them. An unknown action is an
 * error.
 */
export const ACTIONS: Readonly<Record<string, Action>> = {
  'actions/checkout': async ({ world, checkout, job }) => {
    if (!rightsOf(job)['contents']) throw new Error('Not Found: the job may not read the repository');
    await checkOut(world.repository, world.commit, checkout, world.root);
  },
  'hashicorp/setup-terraform': async ({ with: given }) => {
    if (given['terraform_wrapper'] !== 'false')
      throw new Error('the wrapper hides exit codes and standard output');
  },
  'aquasecurity/setup-trivy': async ({ world }) => ({ path: world.trivyFolder }),
  'sigstore/cosign-installer': async ({ world }) => ({ path: world.cosignFolder }),
  'aws-actions/configure-aws-credentials': async ({ world, job, event, with: given }) => {
    if (rightsOf(job)['id-token'] !== 'write')
      throw new Error("Credentials could not be loaded: the job has no right to GitHub's OIDC token");
    const roleArn = given['role-to-assume'] ?? '';
    const subject = subjectOf(world.github.subjectPrefix, job, event.github);
    const signedIn = signInFromGithub(world.emulatorUrl, roleArn, subject, {
      durationSeconds: Number(given['role-duration-seconds'] ?? 3600),
      tokenSeconds: world.tokenLifetimeS,
    });
    const credentials = await signedIn.catch((error: unknown) => {
      throw new Error(`Could not assume role with OIDC: ${inOneLine(error)} (subject ${subject})`, {
        cause: error,
      });
    });
    return { env: { AWS_REGION: given['aws-region'] ?? '', ...credentialVariables(credentials) } };
  },
  'actions/upload-artifact': async ({ world, attempt, checkout, with: given }) => {
    const from = join(checkout, given['path'] ?? '');
    const names = await readdir(from).catch(() => []);
    const hidden = (given['path'] ?? '').split('/').some((part) => part.startsWith('.'));
    if (names.length === 0 || (hidden && given['include-hidden-files'] !== 'true'))
      throw new Error(`No files were found with the provided path: ${given['path'] ?? ''}`);
    const to = artifactFolder(world, attempt, attempt.number, given['name']);
    if ((await readdir(to).catch(() => [])).length > 0)
      throw new Error('Failed to CreateArtifact: (409) Conflict: an artifact with this name already exists');
    await cp(from, to, { recursive: true });
  },
  // Only artifacts of this run: https://github.com/actions/download-artifact (run-id). A re-run of one job also sees
  // those of earlier attempts, the newest of a name; a re-run of all jobs does not. GitHub does not document this; it
  // was tried in https://github.com/go-gitea/gitea/pull/38857 and https://github.com/NVIDIA/aicr/pull/2196.
  'actions/download-artifact': async ({ world, attempt, checkout, with: given }) => {
    const to = join(checkout, given['path'] ?? '');
    for (let number = attempt.number; number > 0; number -= 1) {
      const from = artifactFolder(world, attempt, number, given['name']);
      if ((await readdir(from).catch(() => [])).length > 0) {
        await mkdir(to, { recursive: true });
        await cp(from, to, { recursive: true });
        return;
      }
      if (!attempt.again) break;
    }
    throw new Error(`Unable to download artifact(s): Artifact not found for name: ${given['name'] ?? ''}`);
  },
  'actions/attest-build-provenance': async ({ world, job, with: given }) => {
    const rights = rightsOf(job);
    if (rights['id-token'] !== 'write' || rights['attestations'] !== 'write')
      throw new Error('the job has no right to attest');
    if (world.github.isPrivate)
      throw new Error('Failed to persist attestation: Feature not available for the repository');
    // The action reads the runner's Docker configuration, in which no step of the workflow signs in.
    if (given['push-to-registry'] === 'true')
      throw new Error('No credential file found: nobody is signed in to the registry on this runner');
    if (!/^sha256:[0-9a-f]{64}$/.test(given['subject-digest'] ?? ''))
      throw new Error(`subject-digest is no digest: ${given['subject-digest'] ?? ''}`);
  },
};

/** Artifact names are unique within an attempt. */
function artifactFolder({ folder }: PipelineWorld, { runId }: RunAttempt, number: number, name = ''): string {
  return join(folder, 'artifacts', runId, String(number), name);
}

/**
 * The part of a job token's subject after the repository: its environment if it has one, a pull request, else the ref.
 * https://docs.github.com/actions/security-for-github-actions/security-hardening-your-deployments/about-security-hardening-with-openid-connect
 */
function subjectOf(
  prefix: string,
  job: { environment?: string | undefined },
  event: { event_name: string; ref: string },
): string {
  if (job.environment) return `${prefix}:environment:${job.environment}`;
  return `${prefix}:${event.event_name === 'pull_request' ? 'pull_request' : `ref:${event.ref}`}`;
}
