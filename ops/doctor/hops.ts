import { ConfigError, type Config, parseConfig } from '@lornu/backend/config/config.ts';
import { createGoogleIdentity } from '@lornu/backend/identity/google/create-google-identity.ts';
import { fixedSecret } from '@lornu/backend/identity/secrets/secret.ts';
import { createAwsCredentials } from '@lornu/backend/identity/task-secrets.ts';
import { chooseModel } from '../up/model-choice.ts';
import { database, federation, serviceAccount, taskRole } from './google-hops.ts';
import type { Hop, HopsOptions } from './hop.ts';
import { model } from './model-hop.ts';
import { keySet, peer } from './service-hops.ts';

/**
 * Tries every hop that the configuration needs, as the service would, and says where it fails and what to do.
 * Read-only. A hop after a failed one says so instead of failing for the same reason.
 */
export async function examineHops(options: HopsOptions): Promise<Hop[]> {
  let config: Config;
  try {
    const standIn =
      chooseModel(options.env).kind === 'own-stand-in' ? { GOOGLE_GEMINI_BASE_URL: 'http://127.0.0.1' } : {};
    config = parseConfig({ ...options.env, ...standIn });
  } catch (error) {
    if (error instanceof ConfigError) return [];
    throw error;
  }
  const { fetch, now } = options;
  const credentials = createAwsCredentials(config.identity, { fetch, now });
  const key = fixedSecret(config.identity.secrets.gcpServiceAccountKey.initial);
  const google = createGoogleIdentity(config.identity, credentials, key, now);
  const role = await taskRole(config, credentials);
  const federated = await federation(google);
  const canGoOn = federated.state === 'ok' ? google : undefined;
  return [
    role,
    federated,
    await serviceAccount(config, canGoOn),
    ...(await Promise.all([
      database(config, canGoOn, options),
      keySet(config, options),
      peer(config, options),
      model(config, canGoOn, options),
    ])),
  ];
}
