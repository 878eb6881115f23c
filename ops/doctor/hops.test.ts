import { MODEL } from '@lornu/agents/model.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { type GoogleStandIn, startGoogleStandIn } from '@lornu/standins/google/server.ts';
import { examineHops } from './hops.ts';

let google: GoogleStandIn;
let others: Bun.Server<undefined>;
/** The responses of Firestore, the peer and Gemini. */
let answers: Record<string, () => Response>;

beforeAll(async () => {
  google = await startGoogleStandIn();
  others = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: (request) => answers[new URL(request.url).pathname]?.() ?? Response.json({}, { status: 404 }),
  });
});
afterAll(async () => {
  await google.stop();
  await others.stop(true);
});

const MODEL_PATH = `/v1beta/models/${MODEL}:generateContent`;
const DOCUMENT = '/v1/projects/lornu/databases/staging/documents/doctor/none';
/** Gemini's answer to a request for one token: no text, only a finish reason. */
const answerOf = (modelVersion: string) => () =>
  Response.json({ candidates: [{ finishReason: 'MAX_TOKENS' }], modelVersion });
const refusal = (status: number, message: string) => () => Response.json({ error: { message } }, { status });

beforeEach(() => {
  google.failing.clear();
  answers = {
    [DOCUMENT]: refusal(404, 'Document "doctor/none" not found.'),
    '/a2a/lornu/.well-known/agent-card.json': () => Response.json({ name: 'gcp-agent' }),
    [MODEL_PATH]: answerOf(MODEL),
  };
});

const ENVIRONMENT = {
  LORNU_SESSION_STORE: 'firestore',
  FIRESTORE_DATABASE: 'staging',
  GOOGLE_CLOUD_PROJECT: 'lornu',
  GEMINI_API_KEY: 'a-gemini-key-that-is-secret',
  AWS_REGION: 'eu-central-1',
};

/** State and value of every hop; Google's public addresses lead to this machine. */
async function look(changes: Record<string, string> = {}, now = Date.now()) {
  const elsewhere = ['firestore.googleapis.com', 'generativelanguage.googleapis.com'];
  const hops = await examineHops({
    env: {
      ...ENVIRONMENT,
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${google.url}/v2/credentials/task1`,
      GOOGLE_WORKLOAD_IDENTITY_AUDIENCE: google.provider,
      GOOGLE_SERVICE_ACCOUNT_EMAIL: google.serviceAccount.email,
      GOOGLE_STS_URL: `${google.url}/v1/token`,
      GOOGLE_IAM_CREDENTIALS_URL: google.url,
      A2A_ALLOWED_EMAILS: google.serviceAccount.email,
      A2A_TOKEN_AUDIENCE: 'https://lornu.example',
      A2A_TOKEN_JWKS_URL: `${google.url}/oauth2/v3/certs`,
      A2A_PEER_URL: `${others.url.origin}/a2a/lornu`,
      ...changes,
    },
    fetch: (async (input: string | URL, init?: RequestInit) => {
      const url = new URL(input);
      return fetch(elsewhere.includes(url.hostname) ? new URL(url.pathname, others.url) : url, init);
    }) as typeof fetch,
    now: () => now,
    signal: new AbortController().signal,
  });
  return new Map(hops.map((hop) => [hop.name, hop]));
}

describe("doctor's hops", () => {
  test('are all shown in order when everything works', async () => {
    const hops = await look();
    expect([...hops].map(([name, { state }]) => `${name}: ${state}`)).toEqual([
      'task role: ok',
      'federation: ok',
      'service account: ok',
      'database: ok',
      'key set: ok',
      'peer: ok',
      'model: ok',
    ]);
    expect(hops.get('peer')?.value).toBe('card of gcp-agent');
    expect(hops.get('database')?.value).toBe('Firestore projects/lornu/databases/staging');
  });

  test.each([
    [
      'task role',
      () => google.failing.add('task-credentials'),
      'cannot be read (it answered 503)',
      '169.254.170.2',
    ],
    [
      'federation',
      () => google.failing.add('sts'),
      "Google's STS did not take the task role's identity",
      'attribute condition',
    ],
    [
      'service account',
      () => google.failing.add('iam'),
      'Google gave no token for the service account',
      'serviceAccountOpenIdTokenCreator',
    ],
    ['key set', () => google.failing.add('certs'), 'it answered 503', 'A2A_TOKEN_JWKS_URL'],
    [
      'database',
      () => (answers[DOCUMENT] = refusal(404, 'The database staging does not exist for project lornu')),
      '404 The database staging does not exist for project lornu',
      'terraform/gcp/staging',
    ],
    [
      'database',
      () => (answers[DOCUMENT] = refusal(403, 'Missing or insufficient permissions.')),
      '403 Missing or insufficient',
      'roles/datastore.user',
    ],
    [
      'peer',
      () => delete answers['/a2a/lornu/.well-known/agent-card.json'],
      'its card answered 404',
      'Google Cloud',
    ],
    [
      'model',
      () => (answers[MODEL_PATH] = refusal(400, 'API key not valid. Please pass a valid API key.')),
      'API key not valid',
      'lornu secrets set gemini-api-key',
    ],
    [
      'model',
      () => (answers[MODEL_PATH] = refusal(404, 'This model is no longer available.')),
      'This model is no longer available',
      'choose another model',
    ],
    [
      'model',
      () => (answers[MODEL_PATH] = answerOf('gemini-3.5-flash-lite')),
      `${MODEL} is asked, and gemini-3.5-flash-lite answers`,
      'choose another model',
    ],
  ] as const)('name the one that fails, why, and what to do: %s', async (name, breakIt, value, next) => {
    breakIt();
    const hop = (await look()).get(name);
    expect(hop).toMatchObject({
      state: 'missing',
      value: expect.stringContaining(value),
      next: expect.stringContaining(next),
    });
  });

  test('report when the model will be retired, even if it still answers', async () => {
    const GEMINI_MODEL = 'gemini-2.5-flash';
    answers[`/v1beta/models/${GEMINI_MODEL}:generateContent`] = answerOf(GEMINI_MODEL);
    expect((await look({ GEMINI_MODEL }, Date.parse('2026-11-29'))).get('model')).toEqual({
      name: 'model',
      state: 'missing',
      value:
        'gemini-2.5-flash answers; gemini-2.5-flash will be retired on 2026-12-01, in 2 days, then gemini-3.5-flash-lite answers in its place',
      next: expect.stringContaining('choose another model'),
    });
    expect((await look()).get('model')?.value).toMatch(/answers; no retirement announced as of 20\d\d-/);
  });

  test('after a broken one are not blamed', async () => {
    google.failing.add('task-credentials');
    const hops = await look();
    expect(hops.get('service account')?.value).toBe('not tried: federation fails');
    expect(hops.get('database')?.value).toBe('not tried: we are nobody to Google');
    expect(hops.get('key set')?.state).toBe('ok');
  });

  test('are optional on a machine that needs none of them, and show no secret', async () => {
    const hops = await examineHops({
      env: { GEMINI_API_KEY: 'a-gemini-key-that-is-secret' },
      fetch: (async () => refusal(400, 'API key not valid.')()) as unknown as typeof fetch,
      now: Date.now,
      signal: new AbortController().signal,
    });
    expect(hops.map(({ name, state }) => [name, state])).toEqual([
      ['task role', 'optional'],
      ['federation', 'optional'],
      ['service account', 'optional'],
      ['database', 'ok'],
      ['key set', 'optional'],
      ['peer', 'optional'],
      ['model', 'missing'],
    ]);
    expect(JSON.stringify(hops)).not.toContain('a-gemini-key-that-is-secret');
  });
});
