import { ResourceNotFoundException, type SecretsManager } from '@aws-sdk/client-secrets-manager';
import { generateKeyPairSync, randomBytes } from 'node:crypto';

/**
 * Sets every secret of the environment that has no value yet, as an operator would with `lornu secrets set`; the values
 * are generated for each rehearsal and useless elsewhere. An unknown secret stays empty. Returns the names of the
 * secrets that were set.
 */
export async function fillSecrets(
  client: SecretsManager,
  signInClient: { id: string; secret: string },
): Promise<string[]> {
  const values: Record<string, () => string> = {
    'gemini-api-key': () => `rehearsal-${randomBytes(12).toString('hex')}`,
    'oidc-client': () => JSON.stringify({ client_id: signInClient.id, client_secret: signInClient.secret }),
    'session-key': () => randomBytes(32).toString('base64url'),
    'a2a-signing-key': () =>
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
  };
  const { SecretList = [] } = await client.listSecrets({ MaxResults: 100 });
  const filled: string[] = [];
  for (const { ARN: SecretId, Name = '' } of SecretList) {
    const make = values[Name.split('/').at(-1) ?? ''];
    if (!make || (await hasValue(client, SecretId))) continue;
    await client.putSecretValue({ SecretId, SecretString: make() });
    filled.push(Name);
  }
  return filled;
}

async function hasValue(client: SecretsManager, SecretId: string | undefined): Promise<boolean> {
  try {
    await client.getSecretValue({ SecretId });
    return true;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return false;
    throw error;
  }
}
