import type { Config } from '@lornu/backend/config/config.ts';
import type { AwsCredentialsSource } from '@lornu/backend/identity/aws/task-credentials.ts';
import { type GoogleIdentity, SCOPES } from '@lornu/backend/identity/google/google-identity.ts';
import { attempt, type Hop, type HopsOptions, messageOf, notConfigured, within } from './hop.ts';

/** Checks the credentials that ECS provides. */
export async function taskRole({ identity }: Config, credentials: AwsCredentialsSource): Promise<Hop> {
  const name = 'task role';
  if (identity.aws.credentialsUrl === undefined) {
    return notConfigured(name, 'not on ECS: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is not set');
  }
  return attempt(
    name,
    async () => {
      const { expiresAtMs } = await credentials.get();
      return `credentials until ${new Date(expiresAtMs ?? 0).toISOString()}`;
    },
    'see that the task definition names a task role, and that nothing blocks 169.254.170.2',
  );
}

/** Checks the exchange from the task role, or a key, to a Google access token. */
export async function federation(google: GoogleIdentity | undefined): Promise<Hop> {
  const name = 'federation';
  if (google === undefined) return notConfigured(name, 'GOOGLE_WORKLOAD_IDENTITY_AUDIENCE is not set');
  const isKey = google.kind === 'service-account-key';
  return attempt(
    name,
    async () => {
      await google.federate();
      return isKey
        ? 'not used: a service account key gives access tokens'
        : "Google takes the task role's identity";
    },
    isKey
      ? 'put a key that Google knows into the secret gcp-service-account (lornu secrets set), or remove it and use federation'
      : "compare the provider's attribute condition and AWS account in terraform/gcp/staging with the task role",
  );
}

/** Checks the ID token for calls to the peer. */
export async function serviceAccount({ identity }: Config, google: GoogleIdentity | undefined): Promise<Hop> {
  const name = 'service account';
  if (identity.google.kind === 'none') return notConfigured(name, 'GOOGLE_SERVICE_ACCOUNT_EMAIL is not set');
  if (google === undefined)
    return { name, state: 'missing', value: 'not tried: federation fails', next: 'fix federation first' };
  return attempt(
    name,
    async () => {
      await google.idToken(identity.peer?.audience ?? 'https://doctor.invalid');
      return 'Google makes ID tokens for us';
    },
    'grant the role roles/iam.serviceAccountOpenIdTokenCreator on the service account (terraform/gcp/staging)',
  );
}

/** Checks Firestore by reading a document that does not exist. */
export async function database(
  { sessions }: Config,
  google: GoogleIdentity | undefined,
  { fetch, env, signal }: HopsOptions,
): Promise<Hop> {
  const name = 'database';
  if (sessions.kind === 'sqlite') return { name, state: 'ok', value: `SQLite at ${sessions.file}` };
  const emulator = env['FIRESTORE_EMULATOR_HOST'];
  if (google === undefined && !emulator) {
    return {
      name,
      state: 'missing',
      value: 'not tried: we are nobody to Google',
      next: 'fix federation first',
    };
  }
  const base = emulator ? `http://${emulator}` : 'https://firestore.googleapis.com';
  const path = `projects/${sessions.project}/databases/${sessions.database}`;
  return attempt(
    name,
    async () => {
      const token = google && !emulator ? await google.accessToken(SCOPES.firestore) : 'owner';
      const response = await fetch(`${base}/v1/${path}/documents/doctor/none`, {
        headers: { authorization: `Bearer ${token}` },
        signal: within(signal),
      });
      const message = await messageOf(response);
      // NOT_FOUND for the document proves that the database exists.
      if (
        response.ok ||
        (response.status === 404 && /document/i.test(message) && !/database .*does not exist/i.test(message))
      ) {
        return `Firestore ${path}`;
      }
      throw new Error(`${response.status} ${message}`);
    },
    'see that the database exists (terraform/gcp/staging) and that the role has roles/datastore.user on it',
  );
}
