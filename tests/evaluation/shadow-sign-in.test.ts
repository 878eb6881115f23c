import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createSession, runTurn } from '@lornu/evaluation/agent-client.ts';
import { readShadow } from '@lornu/ops/runs/operator-client.ts';
import { renderShadow } from '@lornu/ops/runs/render-runs.ts';
import { startService } from '@lornu/ops/servers/agent-servers.ts';
import { spawnGeminiStandin } from '@lornu/standins/gemini/spawn.ts';
import { startGoogleStandIn } from '@lornu/standins/google/server.ts';
import { type Authority, createAuthority } from '../identity/certificates.ts';
import { until } from '../support/until.ts';

const ROOT = resolve(import.meta.dir, '../..');
setDefaultTimeout(120_000);

let front: Bun.Server<undefined>;
/** Replaces the authorization header of a request to the candidate. */
let authorization: (sent: string | null) => string | null = (sent) => sent;
const stops: (() => Promise<unknown>)[] = [];

/** Terminates TLS in front of the candidate, as a load balancer does. */
async function startFront(by: Authority, port: number): Promise<Bun.Server<undefined>> {
  const { certificate: cert, key } = await by.issue({ names: [{ type: 'ip', value: '127.0.0.1' }] });
  return Bun.serve({
    port,
    hostname: '127.0.0.1',
    development: false,
    tls: { cert, key },
    fetch: async (request) => {
      const { pathname } = new URL(request.url);
      const headers = new Headers(request.headers);
      const value = authorization(headers.get('authorization'));
      headers.delete('authorization');
      if (value !== null) headers.set('authorization', value);
      return fetch(`${candidate.url}${pathname}`, {
        method: request.method,
        headers,
        body: await request.text(),
      });
    },
  });
}

const folder = await mkdtemp(join(tmpdir(), 'shadow-sign-in-'));
stops.push(async () => rm(folder, { recursive: true }));
const google = await startGoogleStandIn();
const model = await spawnGeminiStandin();
stops.unshift(async () => google.stop(), model.stop);
const authority = await createAuthority('candidates');
front = await startFront(authority, 0);
stops.unshift(async () => front.stop(true));
/** The audience of the candidate's tokens: the origin of its URL, as the service assumes it. */
const audience = front.url.origin;
const authorities = join(folder, 'authorities.pem');
await Bun.write(authorities, authority.certificate);
const start = async (name: string, env: Record<string, string>) => {
  const server = await startService({
    root: ROOT,
    modelUrl: model.url,
    agentsDir: join(ROOT, 'agents'),
    scratchDir: join(folder, name),
    env,
  });
  stops.unshift(server.stop);
  return server;
};
const [candidate, service] = await Promise.all([
  start('candidate', {
    LORNU_SHADOW_CANDIDATE: '1',
    LORNU_SIGN_IN: 'required',
    A2A_TOKEN_ISSUER: google.url,
    A2A_TOKEN_JWKS_URL: `${google.url}/oauth2/v3/certs`,
    A2A_TOKEN_AUDIENCE: audience,
    A2A_SERVICE_EMAILS: google.serviceAccount.email,
  }),
  start('service', {
    LORNU_SHADOW_URL: audience,
    LORNU_SHADOW_SHARE: '1',
    NODE_EXTRA_CA_CERTS: authorities,
    GOOGLE_WORKLOAD_IDENTITY_AUDIENCE: google.provider,
    GOOGLE_SERVICE_ACCOUNT_EMAIL: google.serviceAccount.email,
    GOOGLE_STS_URL: `${google.url}/v1/token`,
    GOOGLE_IAM_CREDENTIALS_URL: google.url,
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${google.url}/v2/credentials/task1`,
    AWS_REGION: 'eu-central-1',
  }),
]);
afterAll(async () => {
  for (const stop of stops) await stop();
});

const report = async () =>
  readShadow({ url: service.url, token: undefined, fetch, signal: AbortSignal.timeout(30_000) });

/** Says something as a person, and returns what the report counts of it. */
async function say(): Promise<{ counts: Record<string, number>; reasons: string[]; text: string }> {
  const { counts: before, notCompared: known } = await report();
  const key = { appName: 'lornu', userId: 'ada', sessionId: crypto.randomUUID() };
  await createSession({ url: service.url }, key, {});
  const newMessage = { role: 'user', parts: [{ text: 'note: write to ada@example.org' }] };
  const { events } = await runTurn({ url: service.url }, key, newMessage);
  expect(events.at(-1)?.content?.parts?.[0]?.text).toContain('ada@example.org');
  return until(async () => {
    const shown = await report();
    const counts = Object.entries(shown.counts).flatMap(([name, count]) =>
      count > before[name as keyof typeof before]
        ? [[name, count - before[name as keyof typeof before]]]
        : [],
    );
    if (counts.length === 0) return false;
    const reasons = Object.keys(shown.notCompared).filter(
      (reason) => shown.notCompared[reason] !== known[reason],
    );
    return {
      counts: Object.fromEntries(counts) as Record<string, number>,
      reasons,
      text: renderShadow(shown),
    };
  });
}

test('while Google gives no token, the turn is counted as failed with that reason, and nothing reaches the candidate', async () => {
  google.failing.add('iam');
  let asked = 0;
  authorization = (sent) => (asked++, sent);
  expect(await say()).toMatchObject({
    counts: { failed: 1 },
    reasons: ['Google gave no ID token for the candidate'],
  });
  expect(asked).toBe(0);
  google.failing.delete('iam');
});

test('the service sends the ID token of its Google identity for the audience of the candidate, over TLS', async () => {
  const sent: (string | null)[] = [];
  authorization = (value) => {
    sent.push(value);
    return value;
  };
  expect(await say()).toMatchObject({ counts: { same: 1 }, reasons: [] });
  const [, payload = ''] = sent[0]?.split('.') ?? [];
  expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({
    aud: audience,
    email: google.serviceAccount.email,
  });
});

const CHECK_AUDIENCE =
  'the candidate refused our ID token (401): check its A2A_TOKEN_AUDIENCE and shadow.audience';
test.each([
  ['without a token', async () => null, CHECK_AUDIENCE],
  [
    'with a token for another audience',
    async () => google.federation.idToken('https://another.example', true),
    CHECK_AUDIENCE,
  ],
])(
  'a request %s is refused; the person has the answer, and an operator sees the reason',
  async (_, get, reason) => {
    const token = await get();
    authorization = () => (token === null ? null : `Bearer ${token}`);
    const { counts, reasons, text } = await say();
    expect([counts, reasons]).toEqual([{ failed: 1 }, [reason]]);
    expect(text).toContain(`  ${reason}: `);
  },
);

test('a candidate whose certificate nobody vouches for gets no message', async () => {
  const port = front.port ?? 0;
  await front.stop(true);
  front = await startFront(await createAuthority('strangers'), port);
  let asked = 0;
  authorization = (sent) => (asked++, sent);
  const { counts, reasons } = await say();
  expect([counts, reasons]).toEqual([
    { failed: 1 },
    [expect.stringMatching(/cannot be reached \([A-Z_]+\)/u)],
  ]);
  expect(asked).toBe(0);
});

test('nothing of the conversation and no token is in the log of either process', () => {
  const logged = [...service.tail, ...candidate.tail].join('');
  expect(logged).toContain(CHECK_AUDIENCE);
  expect(logged).not.toMatch(/ada@example|write to|eyJ/u);
});
