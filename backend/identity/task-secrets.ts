import type { IdentityConfig, SecretConfig } from '../config/identity-config.ts';
import type { Logger } from '../observability/logger.ts';
import { createSecretsManager } from './aws/secrets-manager.ts';
import {
  type AwsCredentialsSource,
  createTaskCredentials,
  CredentialsError,
} from './aws/task-credentials.ts';
import { createRotatingSecret, fixedSecret, type RotatingSecret, type Secret } from './secrets/secret.ts';

export interface TaskSecrets {
  readonly geminiApiKey: Secret;
  readonly gcpServiceAccountKey: Secret;
  readonly oidcClientSecret: Secret;
  readonly sessionKey: Secret;
  readonly a2aSigningKey: Secret;
  /** Starts polling. The first read is after one interval, as the initial values are fresh. */
  start(): void;
  stop(): void;
}

export interface TaskSecretsDeps {
  fetch: typeof fetch;
  now: () => number;
  log: Logger;
  pollEveryMs?: number;
}

/** A rotated value is in use after at most this time plus one request, so within a minute. */
const POLL_EVERY_MS = 30_000;

/** Credentials of the task's role; outside ECS, a source whose error says what is missing. */
export function createAwsCredentials(
  { aws }: Pick<IdentityConfig, 'aws'>,
  { fetch, now }: Pick<TaskSecretsDeps, 'fetch' | 'now'>,
): AwsCredentialsSource {
  const { credentialsUrl: url, authorizationToken, authorizationTokenFile } = aws;
  if (url === undefined) {
    return {
      get: async () => {
        throw new CredentialsError('No task role: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is not set');
      },
    };
  }
  return createTaskCredentials({
    url,
    fetch,
    now,
    ...(authorizationToken === undefined ? {} : { authorizationToken }),
    ...(authorizationTokenFile === undefined ? {} : { authorizationTokenFile }),
  });
}

/** The secrets of a task: first ECS's initial values, then those of Secrets Manager. */
export function createTaskSecrets(
  config: IdentityConfig,
  credentials: AwsCredentialsSource,
  { fetch, now, log, pollEveryMs = POLL_EVERY_MS }: TaskSecretsDeps,
): TaskSecrets {
  const { region, secretsManagerUrl } = config.aws;
  const read = createSecretsManager({
    region,
    credentials,
    fetch,
    ...(secretsManagerUrl === undefined ? {} : { endpoint: secretsManagerUrl }),
  });
  const rotating: RotatingSecret[] = [];
  let timer: ReturnType<typeof setInterval> | undefined;

  function toSecret(name: string, { initial, arn }: SecretConfig): Secret {
    if (arn === undefined || initial === '') return fixedSecret(initial);
    const secret = createRotatingSecret({
      name,
      initial,
      now,
      read: async () => read(arn),
      onRotated: () => log.info('a rotated secret is in use', { variable: name }),
      onFailure: (_name, error) =>
        log.warn('a secret could not be read again', {
          variable: name,
          reason: error instanceof Error ? error.message : 'unknown',
        }),
    });
    rotating.push(secret);
    return secret;
  }

  const { geminiApiKey, gcpServiceAccountKey, oidcClientSecret, sessionKey, a2aSigningKey } = config.secrets;
  return {
    geminiApiKey: toSecret('GEMINI_API_KEY', geminiApiKey),
    gcpServiceAccountKey: toSecret('GCP_SERVICE_ACCOUNT_KEY', gcpServiceAccountKey),
    oidcClientSecret: toSecret('OIDC_CLIENT_SECRET', oidcClientSecret),
    sessionKey: toSecret('SESSION_KEY', sessionKey),
    a2aSigningKey: toSecret('A2A_SIGNING_KEY', a2aSigningKey),
    start() {
      if (rotating.length === 0 || timer !== undefined) return;
      timer = setInterval(() => {
        for (const secret of rotating) void secret.poll();
      }, pollEveryMs);
      timer.unref();
    },
    stop() {
      clearInterval(timer);
      timer = undefined;
    },
  };
}
