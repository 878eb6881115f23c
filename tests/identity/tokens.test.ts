import { CLOCK_TOLERANCE_S } from '@lornu/backend/identity/tokens/token-verifier.ts';
import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import {
  bearer,
  claims,
  createGuardedApp,
  type GuardedApp,
  JWKS_URL,
  PEER,
  SERVICE,
  sign,
  turn,
} from './kit.ts';
import {
  ACCEPTED_TOKENS,
  FORBIDDEN_TOKENS,
  REFUSED_TOKENS,
  type TokenCase,
  createTokenKit,
  createTokenSigners,
  type TokenKit,
} from './token-attacks.ts';

let app: GuardedApp;
let kit: TokenKit;

const signers = await createTokenSigners();

beforeEach(async () => {
  kit = createTokenKit(signers);
  ({ app } = kit);
  await app.addSession('ada', 's1');
});

/** Nothing ran, nothing was stored, only the issuer was called, and the log contains no part of a token. */
async function expectUntouched(headers: Record<string, string>): Promise<void> {
  expect(app.runs.started).toEqual([]);
  const session = await app.services.sessions.getSession({
    appName: 'lornu',
    userId: 'ada',
    sessionId: 's1',
  });
  expect(session?.events).toEqual([]);
  expect(app.asked.filter((url) => url !== JWKS_URL)).toEqual([]);
  const log = JSON.stringify(app.logged);
  for (const part of (headers['authorization'] ?? '').split(/[\s.,]+/)) {
    if (part.length > 12) expect(log).not.toContain(part);
  }
}

function challengeOf({ description }: TokenCase): string {
  return description === undefined
    ? 'Bearer realm="lornu"'
    : `Bearer realm="lornu", error="invalid_token", error_description="${description}"`;
}

describe('a token', () => {
  const send = (headers: Record<string, string>) => app.request('/run', turn('ada', 's1', headers));

  test.each(REFUSED_TOKENS)('is refused: $name', async (attack) => {
    const headers = await attack.headers(kit);
    const response = await send(headers);
    expect({
      status: response.status,
      challenge: response.headers.get('www-authenticate'),
      code: response.headers.get('x-error-code'),
      body: await response.json(),
    }).toEqual({
      status: 401,
      challenge: challengeOf(attack),
      code: attack.code ?? 'TOKEN_REFUSED',
      body: { detail: attack.description ?? 'Authentication is required' },
    });
    await expectUntouched(headers);
  });

  test.each(FORBIDDEN_TOKENS)('is verified, but its caller is not allowed: $name', async (attack) => {
    const headers = await attack.headers(kit);
    const response = await send(headers);
    expect({
      status: response.status,
      challenge: response.headers.get('www-authenticate'),
      body: await response.json(),
    }).toEqual({
      status: 403,
      challenge: `Bearer realm="lornu", error="insufficient_scope", error_description="${attack.description}"`,
      body: { detail: attack.description },
    });
    await expectUntouched(headers);
  });

  test.each(ACCEPTED_TOKENS)('is accepted: $name', async (neighbour) => {
    const response = await send(await neighbour.headers(kit));
    expect(response.status).toBe(200);
    expect(response.headers.get('www-authenticate')).toBeNull();
  });
});

describe("the issuer's keys", () => {
  const call = async (token: string) => (await app.request('/list-apps', { headers: bearer(token) })).status;
  const valid = () => sign(signers.current, claims(app.clock.nowMs));

  test('a rotated key is accepted with its first token; a withdrawn one is refused', async () => {
    app.issuer.keys = [signers.current.publicJwk];
    expect(await call(await valid())).toBe(200);
    app.issuer.keys = [signers.other.publicJwk];
    app.clock.nowMs += 30_000;
    expect(await call(await sign(signers.other, claims(app.clock.nowMs)))).toBe(200);
    expect(await call(await valid())).toBe(401);
  });

  test('the signature of a token is checked once with the same keys; its dates are checked each time', async () => {
    const check = spyOn(crypto.subtle, 'verify');
    try {
      const checksOf = async (token: string): Promise<[status: number, checks: number]> => {
        check.mockClear();
        return [await call(token), check.mock.calls.length];
      };
      // With the first token the keys are loaded.
      await call(await valid());
      const token = await valid();
      expect(await checksOf(token)).toEqual([200, 1]);
      expect(await checksOf(token)).toEqual([200, 0]);
      expect(await checksOf(`${token.slice(0, -6)}AAAAAA`)).toEqual([401, 1]);
      app.issuer.keys = [signers.other.publicJwk];
      app.clock.nowMs += 10 * 60_000 + 1;
      // Old keys are loaded again in the background.
      expect(await checksOf(token)).toEqual([200, 0]);
      expect(await checksOf(token)).toEqual([401, 0]);
      const late = await sign(signers.other, claims(app.clock.nowMs));
      expect(await checksOf(late)).toEqual([200, 1]);
      expect(await checksOf(late)).toEqual([200, 0]);
      app.clock.nowMs -= 60_000;
      expect((await checksOf(late))[0]).toBe(401);
      app.clock.nowMs += 60_000 + 3_600_000 + 31_000;
      expect((await checksOf(late))[0]).toBe(401);
    } finally {
      check.mockRestore();
    }
  });

  test.each([
    ['down', new Error('connect ECONNREFUSED')],
    ['failing', new Response('oops', { status: 500 })],
    ['answering with megabytes', new Response('x'.repeat(200_000))],
    ['redirecting', new Response(null, { status: 302, headers: { location: 'https://evil.example' } })],
  ])('with an issuer that is %s from the start a caller is told to come back', async (_what, failure) => {
    app.issuer.failure = failure;
    const response = await app.request('/run', turn('ada', 's1', bearer(await valid())));
    expect({
      status: response.status,
      retryAfter: response.headers.get('retry-after'),
      body: await response.json(),
    }).toEqual({
      status: 503,
      retryAfter: '2',
      body: { detail: 'The issuer that vouches for callers cannot be reached' },
    });
    expect(app.runs.started).toEqual([]);
    app.issuer.failure = undefined;
    app.clock.nowMs += 2_000;
    expect(await call(await valid())).toBe(200);
  });

  afterEach(() => {
    expect(app.asked.filter((url) => url !== JWKS_URL)).toEqual([]);
  });
});

describe('what a token may not do', () => {
  test('a token in the address is not read, and is not logged', async () => {
    const token = await sign(signers.current, claims(app.clock.nowMs));
    for (const name of ['access_token', 'token', 'authorization']) {
      const response = await app.request(`/list-apps?${name}=${token}`);
      expect([response.status, response.headers.get('www-authenticate')]).toEqual([
        401,
        'Bearer realm="lornu"',
      ]);
    }
    expect(JSON.stringify(app.logged)).not.toContain(token.slice(0, 40));
  });

  test('a refusal is logged with its rule, and without the token', async () => {
    const token = await sign(signers.current, claims(app.clock.nowMs, { aud: 'https://other.example' }));
    await app.request('/run', turn('ada', 's1', bearer(token)));
    expect(app.logged).toContainEqual(
      expect.objectContaining({
        message: 'caller refused',
        code: 'TOKEN_REFUSED',
        reason: 'The token is for another audience',
      }),
    );
  });

  test("a token expires by the service's clock", async () => {
    const token = await sign(signers.current, claims(app.clock.nowMs));
    const call = async () => (await app.request('/list-apps', { headers: bearer(token) })).status;
    app.clock.nowMs += 3_629_000;
    expect(await call()).toBe(200);
    app.clock.nowMs += 1_000;
    expect(await call()).toBe(401);
  });

  test('a token expires although it was accepted before, and its keys are still the same', async () => {
    const lifetimeS = 60;
    const exp = Math.floor(app.clock.nowMs / 1_000) + lifetimeS;
    const token = await sign(signers.current, claims(app.clock.nowMs, { exp }));
    const call = async () => (await app.request('/list-apps', { headers: bearer(token) })).status;
    // The first one loads the keys, and is not remembered.
    for (let calls = 0; calls < 2; calls += 1) expect(await call()).toBe(200);
    const asked = app.asked.length;
    app.clock.nowMs += (lifetimeS + CLOCK_TOLERANCE_S) * 1_000;
    expect(await call()).toBe(401);
    expect(app.asked.length).toBe(asked);
  });

  test('the caller is named by its service account', async () => {
    const token = await sign(signers.current, claims(app.clock.nowMs));
    const me = await (await app.request('/api/v1/me', { headers: bearer(token) })).json();
    expect(me).toEqual({ userId: `service:${SERVICE}`, role: 'service', email: SERVICE });
  });
});

describe('a service without authentication on this machine', () => {
  beforeEach(async () => {
    app = createGuardedApp([signers.current.publicJwk, signers.other.publicJwk], {
      LORNU_SIGN_IN: 'open',
    });
    kit = { app, ...signers };
    await app.addSession('ada', 's1');
  });

  test('identifies nobody, but a machine that sends a token by its token', async () => {
    expect((await app.request('/list-apps')).status).toBe(200);
    const me = async (email: string) => {
      const token = await sign(signers.current, claims(app.clock.nowMs, { email }));
      const answer = await app.request('/api/v1/me', { headers: bearer(token) });
      return [answer.status, ((await answer.json()) as { role?: string }).role];
    };
    expect(await me(SERVICE)).toEqual([200, 'service']);
    expect((await me(PEER))[0]).toBe(403);
  });

  test('refuses an invalid token instead of treating its sender as local', async () => {
    for (const { name, headers } of REFUSED_TOKENS.filter((one) => one.code === undefined)) {
      // One at a time, so that a failure names its case.
      const answer = await app.request('/run', turn('ada', 's1', await headers(kit)));
      expect([name, answer.status]).toEqual([name, 401]);
    }
    expect(app.runs.started).toEqual([]);
  });

  test('knows no machine if none is configured', async () => {
    app = createGuardedApp([], {
      LORNU_SIGN_IN: 'open',
      A2A_ALLOWED_EMAILS: undefined,
      A2A_SERVICE_EMAILS: undefined,
    });
    expect((await app.request('/list-apps', { headers: bearer('x.y.z') })).status).toBe(200);
  });
});
