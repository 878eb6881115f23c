import { AwsClient } from 'aws4fetch';
import type { AwsCredentialsSource } from './task-credentials.ts';
import { readJsonWithin } from '../read-json-within.ts';

export interface SecretsManagerOptions {
  region: string;
  credentials: AwsCredentialsSource;
  /** Another address of the API: an interface endpoint, or a rehearsal's. */
  endpoint?: string;
  fetch: typeof fetch;
  timeoutMs?: number;
}

// Secrets Manager's own limit is 64 KiB for the value.
const MAX_ANSWER_BYTES = 256 * 1024;

/**
 * Reads a secret's current value by its ARN. As this is the only call, it is signed here with aws4fetch (7 KB) instead
 * of the AWS SDK (440 KB bundled, 50 ms at start). `ARN:json-key::` selects one key of a JSON secret, as in ECS's
 * valueFrom. Errors name the secret and AWS's error code, never the value.
 */
export function createSecretsManager({
  region,
  credentials,
  endpoint,
  fetch,
  timeoutMs = 5_000,
}: SecretsManagerOptions): (arn: string) => Promise<string> {
  const url = endpoint ?? `https://secretsmanager.${region}.amazonaws.com/`;
  return async (arn) => {
    const { secretId, jsonKey } = parseSecretArn(arn);
    const { accessKeyId, secretAccessKey, sessionToken } = await credentials.get();
    const signer = new AwsClient({
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === undefined ? {} : { sessionToken }),
      service: 'secretsmanager',
      region,
    });
    const request = await signer.sign(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'secretsmanager.GetSecretValue',
      },
      body: JSON.stringify({ SecretId: secretId }),
    });
    const response = await fetch(request, { signal: AbortSignal.timeout(timeoutMs) });
    const answer = (await readJsonWithin(response, MAX_ANSWER_BYTES)) as Record<string, unknown>;
    const { __type: type, SecretString: value } = answer;
    if (response.status !== 200) {
      throw new Error(
        `Secrets Manager refused ${secretId}: ${response.status} ${typeof type === 'string' ? type : 'unknown error'}`,
      );
    }
    if (typeof value !== 'string') throw new Error(`Secrets Manager has no text in ${secretId}`);
    return jsonKey ? readJsonKey(value, jsonKey, secretId) : value;
  };
}

function parseSecretArn(arn: string): { secretId: string; jsonKey: string | undefined } {
  const parts = arn.split(':');
  return { secretId: parts.slice(0, 7).join(':'), jsonKey: parts[7] };
}

function readJsonKey(value: string, key: string, secretId: string): string {
  let found: unknown;
  try {
    found = (JSON.parse(value) as Record<string, unknown>)[key];
  } catch {
    // Handled below: the parser's message would repeat the value.
  }
  if (typeof found !== 'string') throw new Error(`The secret ${secretId} has no text under ${key}`);
  return found;
}
