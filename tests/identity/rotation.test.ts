import { MODEL } from '@lornu/agents/model.ts';
import { afterAll, beforeEach, describe, expect, test } from 'bun:test';
import { generateKeyPairSync } from 'node:crypto';
import { parseConfig } from '../../backend/config/config.ts';
import { createGoogleIdentity } from '../../backend/identity/google/create-google-identity.ts';
import { SCOPES } from '../../backend/identity/google/google-identity.ts';
import {
  createAwsCredentials,
  createTaskSecrets,
  type TaskSecrets,
} from '../../backend/identity/task-secrets.ts';
import { startAnswer } from '../../backend/model/started-answer.ts';
import { callModel } from '../../backend/model/call-model.ts';
import { withNewestKey } from '../../backend/model/with-newest-key.ts';
import { modelBackend } from '../../backend/model-backend.ts';
import { createJsonLogger } from '../../backend/observability/json-logger.ts';
import { startGoogleStandIn } from '@lornu/standins/google/server.ts';
import { SIGN_IN } from '../support/sign-in.ts';
import { until } from '../support/until.ts';

const ARN = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:lornu/staging/';
const GEMINI_ARN = `${ARN}gemini-api-key-AbCdEf`;
const ACCOUNT_ARN = `${ARN}gcp-service-account-AbCdEf`;
const CLIENT_ARN = `${ARN}oidc-client-AbCdEf`;

/** The only key that Gemini accepts. */
let acceptedKey: string;
let logged: string[];

const google = await startGoogleStandIn();
const gemini = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch(request) {
    if (request.headers.get('x-goog-api-key') === acceptedKey) {
      return new Response(
        'data: {"candidates":[{"content":{"parts":[{"text":"hello"}]},"finishReason":"STOP"}]}\n\n',
      );
    }
    const error = {
      code: 400,
      message: 'API key not valid. Please pass a valid API key.',
      status: 'INVALID_ARGUMENT',
    };
    return Response.json({ error }, { status: 400 });
  },
});
afterAll(async () => {
  await google.stop();
  await gemini.stop(true);
});

beforeEach(() => {
  google.failing.clear();
  google.requests.length = 0;
  google.secrets.clear();
  google.secrets.set(GEMINI_ARN, 'gemini-key-1');
  google.secrets.set(CLIENT_ARN, '{"client_id":"web","client_secret":"client-1"}');
  acceptedKey = 'gemini-key-1';
  logged = [];
});

/** The service's own wiring of secrets, as in serve.ts, with a clock that the test controls. */
function createCase(environment: Record<string, string> = {}, pollEveryMs?: number) {
  const config = parseConfig({
    GEMINI_API_KEY: 'gemini-key-1',
    LORNU_SECRET_ARN_GEMINI_API_KEY: GEMINI_ARN,
    ...SIGN_IN,
    OIDC_CLIENT_SECRET: 'client-1',
    LORNU_PUBLIC_URL: 'https://lornu.example',
    LORNU_SECRET_ARN_OIDC_CLIENT: CLIENT_ARN,
    AWS_REGION: 'eu-central-1',
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${google.url}/v2/credentials/task1`,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: `${google.url}/`,
    ...environment,
  });
  // The log of this test: a poll of an earlier test may still be answered.
  const lines = logged;
  const log = createJsonLogger({ level: 'debug', now: Date.now, write: (line) => lines.push(line) });
  const credentials = createAwsCredentials(config.identity, { fetch, now: Date.now });
  const reads: string[] = [];
  const counting = (async (input: Request, init: RequestInit) => {
    reads.push(input.url);
    return fetch(input, init);
  }) as unknown as typeof fetch;
  const options = {
    fetch: counting,
    now: Date.now,
    log,
    ...(pollEveryMs === undefined ? {} : { pollEveryMs }),
  };
  const secrets = createTaskSecrets(config.identity, credentials, options);
  return { config, credentials, secrets, reads };
}

/** One model call, as a turn makes it. */
async function ask({
  config,
  secrets,
}: {
  config: ReturnType<typeof parseConfig>;
  secrets: TaskSecrets;
}): Promise<number> {
  const backend = {
    ...modelBackend(config.model, secrets.geminiApiKey, undefined),
    baseUrl: gemini.url.origin,
  };
  const call = { model: MODEL, body: '{}', stream: true, headers: {} };
  let pieces = 0;
  for await (const _piece of await withNewestKey(backend, () => startAnswer(callModel({ backend }, call))))
    pieces++;
  return pieces;
}

describe('a rotated Gemini key', () => {
  test('fails no turn, though the old one is refused at once: all running turns find the new one', async () => {
    const running = createCase();
    expect(await ask(running)).toBe(1);
    acceptedKey = 'gemini-key-2';
    google.secrets.set(GEMINI_ARN, 'gemini-key-2');
    expect(await Promise.all(Array.from({ length: 10 }, () => ask(running)))).toEqual(
      Array.from({ length: 10 }, () => 1),
    );
    // One read of Secrets Manager for all ten.
    expect(running.reads).toHaveLength(1);
  });

  test('is found by polling every 30 s, and used without a refusal', async () => {
    const running = createCase({}, 20);
    running.secrets.start();
    google.secrets.set(GEMINI_ARN, 'gemini-key-2');
    await until(() => running.secrets.geminiApiKey.current() === 'gemini-key-2');
    running.secrets.stop();
    expect(logged.join('')).toContain('"message":"a rotated secret is in use","variable":"GEMINI_API_KEY"');
  });

  test('that is refused too fails the turn once, and reads Secrets Manager at most every two seconds', async () => {
    const running = createCase();
    acceptedKey = 'a key that nobody has';
    for (let i = 0; i < 5; i++) {
      const error: unknown = await ask(running).catch((caught: unknown) => caught);
      expect(String(error)).toContain('API key not valid');
    }
    expect(running.reads).toHaveLength(1);
  });

  test('one key of a JSON secret is selected as ECS does', async () => {
    const running = createCase({}, 20);
    running.secrets.start();
    google.secrets.set(CLIENT_ARN, '{"client_id":"web","client_secret":"client-2"}');
    await until(() => running.secrets.oidcClientSecret.current() === 'client-2');
    running.secrets.stop();
  });
});

describe('while Secrets Manager', () => {
  test.each([
    ['is down', () => google.failing.add('secrets'), 'GEMINI_API_KEY'],
    ['has lost the secret', () => google.secrets.clear(), 'ResourceNotFoundException'],
    ['holds no text', () => google.secrets.set(GEMINI_ARN, 7 as unknown as string), 'has no text in'],
    ['holds an empty value', () => google.secrets.set(GEMINI_ARN, ''), undefined],
    ['gives no credentials', () => google.failing.add('task-credentials'), 'container credentials endpoint'],
  ])('%s the value held goes on being used', async (_what, breakIt, reason) => {
    const running = createCase({}, 20);
    breakIt();
    running.secrets.start();
    // An empty value is skipped silently; everything else is logged.
    await until(() =>
      reason === undefined
        ? running.reads.length > 4
        : logged.some((line) => line.includes('could not be read') && line.includes(reason)),
    );
    running.secrets.stop();
    expect(running.secrets.geminiApiKey.current()).toBe('gemini-key-1');
  });

  test('refuses signatures of others', async () => {
    const response = await fetch(google.url, {
      method: 'POST',
      headers: { 'x-amz-target': 'secretsmanager.GetSecretValue' },
      body: JSON.stringify({ SecretId: GEMINI_ARN }),
    });
    expect([response.status, await response.json()]).toEqual([
      400,
      expect.objectContaining({ __type: 'InvalidSignatureException' }),
    ]);
  });
});

test('no value of a secret is logged, whatever fails', async () => {
  const running = createCase({}, 20);
  running.secrets.start();
  google.secrets.set(CLIENT_ARN, 'not json: client-2');
  google.secrets.set(GEMINI_ARN, 'gemini-key-2');
  await until(() => logged.join('').includes('has no text under client_secret'));
  running.secrets.stop();
  for (const value of ['gemini-key-1', 'gemini-key-2', 'client-1', 'client-2'])
    expect(logged.join('')).not.toContain(value);
});

describe("a service account's key, the alternative to federation", () => {
  function newKey(id: string): string {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    google.serviceAccount.publicKeys.set(id, publicKey);
    return JSON.stringify({
      type: 'service_account',
      client_email: google.serviceAccount.email,
      private_key: privateKey,
      private_key_id: id,
    });
  }

  function createAccount(key: string) {
    google.secrets.set(ACCOUNT_ARN, key);
    const { config, credentials, secrets } = createCase({
      GCP_SERVICE_ACCOUNT_KEY: key,
      LORNU_SECRET_ARN_GCP_SERVICE_ACCOUNT: ACCOUNT_ARN,
      GOOGLE_TOKEN_URL: `${google.url}/token`,
    });
    const identity = createGoogleIdentity(
      config.identity,
      credentials,
      secrets.gcpServiceAccountKey,
      Date.now,
    );
    if (identity === undefined) throw new Error('no identity');
    return identity;
  }

  test('gives access tokens, ID tokens and a client for libraries', async () => {
    const identity = createAccount(newKey('k1'));
    const token = await identity.accessToken(SCOPES.firestore);
    expect(google.federation.describeToken(token)).toMatchObject({
      kind: 'service-account',
      principal: google.serviceAccount.email,
    });
    const headers = await identity.authClient(SCOPES.firestore).getRequestHeaders();
    expect(headers.get('authorization')).toStartWith('Bearer ya29.stand-in-');
    expect((await identity.idToken('https://peer.example')).split('.')).toHaveLength(3);
  });

  test('that was rotated and revoked is replaced without a failed call, in existing clients too', async () => {
    const identity = createAccount(newKey('k1'));
    const client = identity.authClient(SCOPES.firestore);
    const next = newKey('k2');
    google.serviceAccount.publicKeys.delete('k1');
    google.secrets.set(ACCOUNT_ARN, next);
    expect((await client.getRequestHeaders()).get('authorization')).toStartWith('Bearer ya29.stand-in-');
    expect(await identity.idToken('https://peer.example')).toBeString();
  });

  test.each([
    ['no JSON', 'gibberish-secret'],
    ['no key file', '{"type":"authorized_user","secret":"gibberish-secret"}'],
  ])('that is %s is named as such, and not repeated', async (_what, key) => {
    expect(createAccount(key).accessToken(SCOPES.cloud)).rejects.toThrow(/^The service account key is not/);
    const error = await createAccount(key)
      .accessToken(SCOPES.cloud)
      .catch((caught: unknown) => caught);
    expect(Bun.inspect(error)).not.toContain('gibberish-secret');
  });
});
