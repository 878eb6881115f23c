import { afterAll, beforeEach, describe, expect, test } from 'bun:test';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { createFederation } from '../../backend/identity/google/federation.ts';
import { GoogleIdentityError, SCOPES } from '../../backend/identity/google/google-identity.ts';
import {
  type AwsCredentialsSource,
  createTaskCredentials,
} from '../../backend/identity/aws/task-credentials.ts';
import { startGoogleStandIn } from '@lornu/standins/google/server.ts';

const AUDIENCE = 'https://peer.example';
let nowMs: number;

const google = await startGoogleStandIn({ now: () => nowMs, taskCredentialsLifetimeMs: 3_600_000 });
afterAll(() => google.stop());
beforeEach(() => {
  nowMs = Date.now();
  google.requests.length = 0;
  google.failing.clear();
});

const taskCredentials = (query = '') =>
  createTaskCredentials({ url: `${google.url}/v2/credentials/task1${query}`, fetch, now: () => nowMs });

const federation = (credentials: AwsCredentialsSource = taskCredentials(), provider = google.provider) =>
  createFederation({
    provider,
    serviceAccountEmail: google.serviceAccount.email,
    awsRegion: 'eu-central-1',
    credentials,
    now: () => nowMs,
    endpoints: { sts: `${google.url}/v1/token`, iamCredentials: google.url },
  });

async function failure(promise: Promise<unknown>): Promise<GoogleIdentityError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof GoogleIdentityError) return error;
    throw error;
  }
  throw new Error('it was expected to fail');
}

const asked = (path: string) => google.requests.filter((request) => request.endsWith(path)).length;

describe('from an AWS task role to Google, without a key', () => {
  test('the task role becomes the service account, with the requested scopes', async () => {
    const token = await federation().accessToken(SCOPES.firestore);
    expect(google.federation.describeToken(token)).toMatchObject({
      kind: 'service-account',
      principal: google.serviceAccount.email,
      scopes: [...SCOPES.firestore],
    });
  });

  test('a client for libraries sends that token', async () => {
    const headers = await federation().authClient(SCOPES.firestore).getRequestHeaders();
    const token = headers.get('authorization')?.replace('Bearer ', '') ?? '';
    expect(google.federation.describeToken(token)).toMatchObject({
      kind: 'service-account',
      scopes: [...SCOPES.firestore],
    });
  });

  test("an ID token for the peer's audience is the service account's, with its e-mail", async () => {
    const token = await federation().idToken(AUDIENCE);
    const { payload } = await jwtVerify(token, createLocalJWKSet(google.keys.jwks()));
    expect(payload).toMatchObject({
      iss: google.url,
      aud: AUDIENCE,
      email: google.serviceAccount.email,
      email_verified: true,
      sub: google.serviceAccount.uniqueId,
    });
  });

  test('tokens are cached: a second call makes no request; an ID token is renewed five minutes before it expires', async () => {
    const identity = federation();
    const [first, second] = await Promise.all([identity.idToken(AUDIENCE), identity.idToken(AUDIENCE)]);
    expect(second).toBe(first);
    nowMs += 54 * 60_000;
    expect(await identity.idToken(AUDIENCE)).toBe(first);
    expect(asked(':generateIdToken')).toBe(1);
    nowMs += 2 * 60_000;
    expect(await identity.idToken(AUDIENCE)).not.toBe(first);
    expect(await identity.idToken('https://another.example')).not.toBe(first);
  });

  test('a valid ID token is used while Google cannot be reached', async () => {
    const identity = federation();
    const first = await identity.idToken(AUDIENCE);
    google.failing.add('iam').add('sts');
    nowMs += 56 * 60_000;
    expect(await identity.idToken(AUDIENCE)).toBe(first);
    nowMs += 4 * 60_000;
    expect((await failure(identity.idToken(AUDIENCE))).hop).toBe('service-account');
  });

  test('each library is told the scope that it needs', () => {
    expect(SCOPES).toEqual({
      firestore: ['https://www.googleapis.com/auth/datastore'],
      storage: ['https://www.googleapis.com/auth/devstorage.read_write'],
      traces: ['https://www.googleapis.com/auth/trace.append'],
      cloud: ['https://www.googleapis.com/auth/cloud-platform'],
    });
  });
});

describe('the error names the step that failed', () => {
  test('no task role: the container endpoint is down', async () => {
    google.failing.add('task-credentials');
    const error = await failure(federation().accessToken(SCOPES.cloud));
    expect(error.hop).toBe('task-role');
    expect(error.message).toContain('/v2/credentials/task1 cannot be read');
  });

  test('a role that the provider does not allow', async () => {
    const error = await failure(federation(taskCredentials('?role=OtherRole')).accessToken(SCOPES.cloud));
    expect(error.hop).toBe('federation');
    expect(error.message).toContain('rejected by the attribute condition');
  });

  test('a provider other than the configured one', async () => {
    const error = await failure(
      federation(
        taskCredentials(),
        '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/x/providers/y',
      ).accessToken(SCOPES.cloud),
    );
    expect(error.hop).toBe('federation');
    expect(error.message).toContain('Invalid value for "audience"');
  });

  test('a signature by another key, expired credentials, a token of another session', async () => {
    const real = google.taskCredentials.issue('task2');
    const held = (
      changes: Partial<{ secretAccessKey: string; sessionToken: string }>,
    ): AwsCredentialsSource => ({
      get: async () => ({ ...real, ...changes }),
    });
    const wrongKey = await failure(federation(held({ secretAccessKey: 'other' })).accessToken(SCOPES.cloud));
    expect(wrongKey.message).toContain('the signature does not match');
    const wrongSession = await failure(federation(held({ sessionToken: 'other' })).accessToken(SCOPES.cloud));
    expect(wrongSession.message).toContain('the session token is not of this key');
    const short = google.taskCredentials.issue('task3');
    nowMs = short.expiresAtMs + 1;
    const ended = await failure(federation({ get: async () => short }).accessToken(SCOPES.cloud));
    expect(ended.message).toMatch(/too old|expired/);
  });

  test('a service account that the role may not impersonate', async () => {
    const identity = createFederation({
      provider: google.provider,
      serviceAccountEmail: 'other@lornu-stand-in.iam.gserviceaccount.com',
      awsRegion: 'eu-central-1',
      credentials: taskCredentials(),
      now: () => nowMs,
      endpoints: { sts: `${google.url}/v1/token`, iamCredentials: google.url },
    });
    const error = await failure(identity.idToken(AUDIENCE));
    expect(error.hop).toBe('service-account');
    expect(error.message).toContain('Permission denied on service account other@');
  });

  test('no message contains a key, a token or the signed request', async () => {
    const real = google.taskCredentials.issue('task4');
    const error = await failure(
      federation({ get: async () => ({ ...real, secretAccessKey: 'other' }) }).accessToken(SCOPES.cloud),
    );
    for (const secret of ['other', real.sessionToken, real.accessKeyId, 'AWS4-HMAC-SHA256']) {
      expect(error.message).not.toContain(secret);
    }
  });
});

describe("the task role's credentials", () => {
  test('are read once, renewed five minutes before they expire, and shared by all callers', async () => {
    const source = taskCredentials();
    const [first, second] = await Promise.all([source.get(), source.get()]);
    expect(second).toEqual(first);
    nowMs += 54 * 60_000;
    expect(await source.get()).toEqual(first);
    expect(asked('/task1')).toBe(1);
    nowMs += 2 * 60_000;
    expect((await source.get()).accessKeyId).not.toBe(first.accessKeyId);
  });

  const GOOD = {
    AccessKeyId: 'A',
    SecretAccessKey: 'B',
    Token: 'C',
    Expiration: '2030-01-01T00:00:00Z',
  };
  const answering = (answer: Response | Promise<Response>, timeoutMs = 2_000) =>
    createTaskCredentials({
      url: 'http://169.254.170.2/x',
      fetch: (async (_url: string, init: RequestInit) => {
        // A redirect could send the credentials' request to another address.
        expect(init.redirect).toBe('error');
        return Promise.race([answer, rejectOnAbort(init.signal)]);
      }) as unknown as typeof fetch,
      now: () => nowMs,
      timeoutMs,
    });
  const rejectOnAbort = (signal: AbortSignal | null | undefined) =>
    new Promise<never>((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(new Error('aborted')));
    });
  const failureOf = async (source: AwsCredentialsSource) =>
    String(await source.get().catch((error: unknown) => error));

  test.each(Object.keys(GOOD))('are refused without %s', async (name) => {
    expect(await answering(Response.json(GOOD)).get()).toMatchObject({ accessKeyId: 'A' });
    expect(await failureOf(answering(Response.json({ ...GOOD, [name]: undefined })))).toContain(
      'answered without credentials',
    );
    expect(await failureOf(answering(Response.json({ ...GOOD, [name]: 7 })))).toContain(
      'answered without credentials',
    );
  });

  test('have a time limit, and are not taken from an error response', async () => {
    expect(await failureOf(answering(new Promise(() => undefined), 20))).toContain('cannot be read');
    expect(await failureOf(answering(Response.json(GOOD, { status: 500 })))).toContain('cannot be read');
  });

  test('are requested with the token of the agent, from the environment or a file that is read each time', async () => {
    const seen: (string | undefined)[] = [];
    const file = join(tmpdir(), `agent-token-${crypto.randomUUID()}`);
    const source = (options: object) =>
      createTaskCredentials({
        url: 'http://127.0.0.1/x',
        now: () => nowMs,
        fetch: (async (_url: string, init: { headers: Record<string, string> }) => {
          seen.push(init.headers['authorization']);
          return Response.json({ ...GOOD, Expiration: new Date(nowMs + 1_000).toISOString() });
        }) as unknown as typeof fetch,
        ...options,
      });
    await source({}).get();
    await source({ authorizationToken: 'one' }).get();
    const fromFile = source({ authorizationTokenFile: file });
    for (const token of ['two', 'three']) {
      await Bun.write(file, `${token}\n`);
      await fromFile.get();
    }
    await rm(file);
    expect(seen).toEqual([undefined, 'one', 'two', 'three']);
  });

  test('are used until a minute before they expire while the endpoint fails', async () => {
    const source = taskCredentials();
    const first = await source.get();
    google.failing.add('task-credentials');
    nowMs += 58 * 60_000;
    expect(await source.get()).toEqual(first);
    nowMs += 70_000;
    expect(source.get()).rejects.toThrow('cannot be read');
  });
});
