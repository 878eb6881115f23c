import { beforeEach, describe, expect, test } from 'bun:test';
import { bearer, claims, createGuardedApp, createSigner, type GuardedApp, sign, turn } from './kit.ts';

const ONE = 'one@lornu.iam.gserviceaccount.com';
const TWO = 'two@lornu.iam.gserviceaccount.com';
const NOON_MS = Date.UTC(2026, 0, 15, 12, 0, 20);

let app: GuardedApp;

const signer = await createSigner('k1');

beforeEach(async () => {
  app = createGuardedApp([signer.publicJwk], {
    A2A_SERVICE_EMAILS: `${ONE},${TWO}`,
    LORNU_LIMIT_REQUESTS_PER_MINUTE: '5',
    LORNU_LIMIT_STREAMS: '2',
    LORNU_LIMIT_TOKENS_PER_DAY: '100',
  });
  app.clock.nowMs = NOON_MS;
  await app.addSession('ada', 's1');
});

const headersOf = async (email: string) => bearer(await sign(signer, claims(app.clock.nowMs, { email })));
const list = async (email: string) => app.request('/list-apps', { headers: await headersOf(email) });
const run = async (email: string, path = '/run_sse') =>
  app.request(path, turn('ada', 's1', await headersOf(email)));

async function refusalOf(response: Response) {
  return {
    status: response.status,
    code: response.headers.get('x-error-code'),
    retryAfter: response.headers.get('retry-after'),
    body: await response.json(),
  };
}

describe('requests a minute', () => {
  test('beyond the limit get 429 until the minute is over, and start nothing', async () => {
    for (let i = 0; i < 5; i++) expect((await list(ONE)).status).toBe(200);
    expect(await refusalOf(await run(ONE))).toEqual({
      status: 429,
      code: 'LIMIT_REACHED',
      retryAfter: '40',
      body: { detail: 'At most 5 requests a minute' },
    });
    expect(app.runs.started).toEqual([]);
    app.clock.nowMs += 39_000;
    expect((await list(ONE)).status).toBe(429);
    app.clock.nowMs += 1_000;
    expect((await list(ONE)).status).toBe(200);
  });

  test('are counted per caller, whatever a request says', async () => {
    for (let i = 0; i < 6; i++) await list(ONE);
    expect((await list(TWO)).status).toBe(200);
    const disguised = await app.request('/list-apps', {
      headers: { ...(await headersOf(ONE)), 'x-forwarded-for': '10.9.8.7', 'x-request-id': 'other' },
    });
    expect(disguised.status).toBe(429);
  });

  test('refused callers and open paths are not counted', async () => {
    for (let i = 0; i < 10; i++) {
      await app.request('/list-apps', { headers: bearer('not-a-token') });
      await app.request('/health');
    }
    expect((await list(ONE)).status).toBe(200);
  });
});

describe('turns at once', () => {
  test('hold a slot until they have ended, with or without listeners', async () => {
    const gate = Promise.withResolvers<void>();
    app.runs.script = async function* () {
      yield '{"id":"e1"}';
      await gate.promise;
    };
    const first = await run(ONE);
    await first.body?.cancel();
    const second = await run(ONE);
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(await refusalOf(await run(ONE))).toEqual({
      status: 429,
      code: 'LIMIT_REACHED',
      retryAfter: '5',
      body: { detail: 'At most 2 running turns at once' },
    });
    expect(app.runs.started).toHaveLength(2);
    expect((await run(TWO)).status).toBe(200);
    gate.resolve();
    await Bun.sleep(5);
    expect((await run(ONE)).status).toBe(200);
  });

  test('that could not start release their slot', async () => {
    for (let i = 0; i < 3; i++) {
      const missing = await app.request('/run', turn('ada', 'no-such-session', await headersOf(ONE)));
      expect(missing.status).toBe(404);
    }
    expect((await run(ONE)).status).toBe(200);
  });
});

test('tokens a day are what a turn has used; the turn that exceeds the limit is the last until midnight UTC', async () => {
  const start = app.runs.start.bind(app.runs);
  app.runs.start = async (request) =>
    Object.assign(await start(request), { tokens: { input: 50, output: 10, total: 60 } });
  for (let i = 0; i < 2; i++) {
    await (await run(ONE)).text();
    await Bun.sleep(2);
  }
  const secondsToMidnight = 12 * 3600 - 20;
  expect(await refusalOf(await run(ONE))).toEqual({
    status: 429,
    code: 'LIMIT_REACHED',
    retryAfter: String(secondsToMidnight),
    body: { detail: 'At most 100 tokens a day' },
  });
  expect((await list(ONE)).status).toBe(200);
  expect((await run(TWO)).status).toBe(200);
  app.clock.nowMs += secondsToMidnight * 1000;
  expect((await run(ONE)).status).toBe(200);
});
