import { ECR } from '@aws-sdk/client-ecr';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { explainAws } from '../aws/explain-aws.ts';
import { REPOSITORY } from './repository.ts';

/** The account's registry, with a password that is valid for hours. */
export interface Registry {
  host: string;
  /** Example: 123456789012.dkr.ecr.us-east-1.amazonaws.com/lornu-agent. */
  repository: string;
  password: string;
}

/** Requests a password from AWS; `what` begins the error's sentence. */
export async function signIn(what: string): Promise<Registry> {
  try {
    const { authorizationData = [] } = await new ECR().getAuthorizationToken({});
    const [data] = authorizationData;
    const [, password = ''] = Buffer.from(data?.authorizationToken ?? '', 'base64')
      .toString()
      .split(':');
    const { host } = new URL(data?.proxyEndpoint ?? '');
    return { host, repository: `${host}/${REPOSITORY}`, password };
  } catch (error) {
    throw explainAws(what, error);
  }
}

/**
 * Runs `work` with an environment in which docker, podman, buildah and cosign are signed in to the registry. The
 * password is in a temporary file during that time: not in arguments, and not in the person's own configuration.
 */
export async function withSignIn<T>(
  { host, password }: Registry,
  env: Readonly<Record<string, string | undefined>>,
  work: (env: Readonly<Record<string, string | undefined>>) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'lornu-registry-'));
  try {
    const auth = Buffer.from(`AWS:${password}`).toString('base64');
    const config = JSON.stringify({ auths: { [host]: { auth } } });
    const file = join(folder, 'config.json');
    await writeFile(file, config, { mode: 0o600 });
    return await work({ ...env, DOCKER_CONFIG: folder, REGISTRY_AUTH_FILE: file });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
