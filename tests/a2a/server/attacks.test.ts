import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import {
  createGuardedApp,
  type GuardedApp,
  JWKS_URL,
  PEER,
  bearer,
  claims,
  sign,
} from '../../identity/kit.ts';
import {
  ACCEPTED_TOKENS,
  FORBIDDEN_TOKENS,
  REFUSED_TOKENS,
  createTokenKit,
  createTokenSigners,
  type TokenKit,
} from '../../identity/token-attacks.ts';
import { type Issuer, OTHER_PEER, startIssuer } from './issuer.ts';
import { rpc, rpcStream, taskOf, textMessage, sendText } from './rpc.ts';
import { openFixture, type ServedAgent, type A2aFixture } from './fixture.ts';

let app: GuardedApp;
let kit: TokenKit;

const signers = await createTokenSigners();

beforeEach(() => {
  kit = createTokenKit(signers);
  ({ app } = kit);
});

const post = (path: string, body: unknown, headers: Record<string, string>) =>
  app.request(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
const send = { jsonrpc: '2.0', id: 7, method: 'SendMessage', params: { message: textMessage('hi') } };
const V1 = { 'a2a-version': '1.0' };

const WAIT = {
  '@type': 'type.googleapis.com/google.rpc.RetryInfo',
  retryDelay: expect.stringMatching(/^\d+s$/),
};

/** The bindings, with how each reports a refused caller; `more`: what follows the reason. */
const BINDINGS = [
  {
    binding: 'JSON-RPC',
    call: (headers: Record<string, string>) => post('/a2a/lornu', send, { ...V1, ...headers }),
    refusal: (reason: string, message: string, _status: number, _name: string, ...more: object[]) => ({
      jsonrpc: '2.0',
      id: null,
      error: { code: -32000, message, data: [{ reason, domain: 'lornu.ai' }, ...more] },
    }),
  },
  {
    binding: 'REST',
    call: (headers: Record<string, string>) =>
      post('/a2a/lornu/message:send', send.params, { ...V1, ...headers }),
    refusal: (reason: string, message: string, status: number, name: string, ...more: object[]) => ({
      error: { code: status, status: name, message, details: [{ reason, domain: 'lornu.ai' }, ...more] },
    }),
  },
];

/** Nothing ran, only the issuer was called, and the log contains no part of a token. */
function expectUntouched(headers: Record<string, string>): void {
  expect(app.runs.started).toEqual([]);
  expect(app.asked.filter((url) => url !== JWKS_URL)).toEqual([]);
  const log = JSON.stringify(app.logged);
  for (const part of (headers['authorization'] ?? '').split(/[\s.,]+/))
    if (part.length > 12) expect(log).not.toContain(part);
}

describe.each(BINDINGS)('a token on A2A over $binding', ({ call, refusal }) => {
  test.each(REFUSED_TOKENS)('is refused: $name', async (attack) => {
    const headers = await attack.headers(kit);
    const response = await call(headers);
    const reason = attack.code ?? 'TOKEN_REFUSED';
    const message = attack.description ?? 'Authentication is required';
    expect([response.status, response.headers.get('x-error-code')]).toEqual([401, reason]);
    expect(response.headers.get('www-authenticate')).toStartWith('Bearer realm="lornu"');
    expect(await response.json()).toMatchObject(refusal(reason, message, 401, 'UNAUTHENTICATED'));
    expectUntouched(headers);
  });

  test.each(FORBIDDEN_TOKENS)('is verified, but its caller is not allowed: $name', async (attack) => {
    const headers = await attack.headers(kit);
    const response = await call(headers);
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject(
      refusal('CALLER_NOT_ALLOWED', attack.description ?? '', 403, 'PERMISSION_DENIED'),
    );
    expectUntouched(headers);
  });

  test.each(ACCEPTED_TOKENS)('passes: $name', async (good) => {
    const response = await call(await good.headers(kit));
    expect([response.status, app.runs.started.length]).toEqual([200, 1]);
  });

  test('is read from its header only', async () => {
    const token = await sign(signers.current, claims(app.clock.nowMs));
    for (const name of ['access_token', 'token', 'authorization']) {
      const response = await app.request(`/a2a/lornu?${name}=${token}`, { method: 'POST', body: '{}' });
      expect(response.status).toBe(401);
    }
    expect((await call({ cookie: `token=${token}`, 'x-authorization': `Bearer ${token}` })).status).toBe(401);
  });

  test('of more than 8 KB is refused with 431', async () => {
    const response = await call(bearer('x'.repeat(9_000)));
    expect(response.status).toBe(431);
    expect(await response.json()).toMatchObject(
      refusal('HEADERS_TOO_LARGE', 'The request headers are too large', 431, 'INVALID_ARGUMENT'),
    );
  });

  test('of an unreachable issuer gives 503 with Retry-After, and nothing runs', async () => {
    app.issuer.failure = new Error('down');
    const response = await call(
      bearer(await sign(signers.current, claims(app.clock.nowMs, { email: PEER }))),
    );
    expect([response.status, Number(response.headers.get('retry-after')) > 0]).toEqual([503, true]);
    expect(await response.json()).toMatchObject(
      refusal('ISSUER_UNAVAILABLE', expect.any(String), 503, 'UNAVAILABLE', WAIT),
    );
    expect(app.runs.started).toEqual([]);
  });

  test('counts against a limit, above which its caller gets 429', async () => {
    app = createGuardedApp([signers.current.publicJwk], { LORNU_LIMIT_REQUESTS_PER_MINUTE: '2' });
    const headers = bearer(await sign(signers.current, claims(app.clock.nowMs, { email: PEER })));
    const statuses = [(await call(headers)).status, (await call(headers)).status];
    const third = await call(headers);
    expect([...statuses, third.status]).toEqual([200, 200, 429]);
    expect(third.headers.get('retry-after')).not.toBeNull();
    expect(await third.json()).toMatchObject(
      refusal('LIMIT_REACHED', 'At most 2 requests a minute', 429, 'RESOURCE_EXHAUSTED', WAIT),
    );
  });
});

test('every address below /a2a but the cards requires authentication', async () => {
  for (const path of [
    '/a2a/lornu/tasks',
    '/a2a/lornu/extendedAgentCard',
    '/a2a/lornu/v1/card',
    '/a2a/lornu/none',
    '/a2a/none',
    '/a2a',
  ])
    expect([path, (await app.request(path, { headers: V1 })).status]).toEqual([path, 401]);
  for (const path of [
    '/a2a/lornu/.well-known/agent-card.json',
    '/a2a/lornu/.well-known/agent.json',
    '/.well-known/agent-card.json',
    '/.well-known/agent.json',
  ])
    expect([path, (await app.request(path)).status]).toEqual([path, 200]);
});

describe('what belongs to another', () => {
  let fixture: A2aFixture;
  let issuer: Issuer;
  let served: ServedAgent;
  let mine: Record<string, string>;
  let other: Record<string, string>;
  beforeAll(async () => {
    fixture = await openFixture();
    issuer = await startIssuer();
    served = fixture.serve({ environment: issuer.environment });
    [mine, other] = [await issuer.headersOf(PEER), await issuer.headersOf(OTHER_PEER)];
  });
  afterAll(async () => {
    await fixture.close();
    await issuer.stop();
  });

  const long = {
    message: textMessage('tell me a story in 60 chunks every 50 ms'),
    configuration: { returnImmediately: true },
  };

  test.each(['GetTask', 'CancelTask', 'SubscribeToTask', 'SendMessage', 'SendStreamingMessage'])(
    '%s of a foreign task is answered as if it did not exist',
    async (method) => {
      const task = taskOf(await rpc(served.a2aUrl, 'SendMessage', long, { headers: mine }));
      const params = (id: string) =>
        method.startsWith('Send')
          ? { message: textMessage('x', { taskId: id, contextId: task.contextId }) }
          : { id };
      const foreign = await rpc(served.a2aUrl, method, params(task.id), { headers: other });
      const missing = await rpc(served.a2aUrl, method, params('00000000-0000-4000-8000-000000000000'), {
        headers: other,
      });
      const withoutId = (text = '') => text.replace(/[\da-f-]{36}/, 'ID');
      expect([foreign.status, foreign.error?.code, withoutId(foreign.error?.message)]).toEqual([
        missing.status,
        missing.error?.code,
        withoutId(missing.error?.message),
      ]);
      expect(foreign.error?.code).toBe(-32001);
      const still = taskOf(await rpc(served.a2aUrl, 'CancelTask', { id: task.id }, { headers: mine }));
      expect(still.status.state).toBe('TASK_STATE_CANCELED');
    },
  );

  test('is in no list, whatever the query', async () => {
    const task = await sendText(served.a2aUrl, 'hello', {}, { headers: mine });
    for (const params of [{}, { contextId: task.contextId }, { pageSize: 100, tenant: `peer:${PEER}` }]) {
      const { result } = await rpc(served.a2aUrl, 'ListTasks', params, { headers: other });
      expect(result).toMatchObject({ tasks: [], totalSize: 0 });
    }
  });

  test('is no context: its id starts a new conversation', async () => {
    const first = await sendText(served.a2aUrl, 'hello', {}, { headers: mine });
    const { contextId } = first;
    await rpc(
      served.a2aUrl,
      'SendMessage',
      { message: textMessage('hello', { contextId }) },
      { headers: other },
    );
    const { sessions } = served.app.services;
    for (const userId of [`peer:${PEER}`, `peer:${OTHER_PEER}`]) {
      const session = await sessions.getSession({ appName: 'lornu', userId, sessionId: contextId });
      expect(session?.events.filter(({ author }) => author === 'user')).toHaveLength(1);
    }
  });

  test('is not opened by any field of a message', async () => {
    const metadata = { adk_user_id: `peer:${PEER}`, userId: `peer:${PEER}`, adk_app_name: 'lornu' };
    const task = taskOf(
      await rpc(
        served.a2aUrl,
        'SendMessage',
        { message: textMessage('hello', { metadata }), metadata, tenant: PEER },
        { headers: other },
      ),
    );
    const { sessions } = served.app.services;
    const at = { appName: 'lornu', sessionId: task.contextId };
    expect(await sessions.getSession({ ...at, userId: `peer:${PEER}` })).toBeUndefined();
    expect(await sessions.getSession({ ...at, userId: `peer:${OTHER_PEER}` })).toBeDefined();
  });

  test('is not sent on a stream that is cut and resumed by another caller', async () => {
    const task = taskOf(await rpc(served.a2aUrl, 'SendMessage', long, { headers: mine }));
    const heard: unknown[] = [];
    const listen = async (): Promise<void> => {
      for await (const event of rpcStream(
        served.a2aUrl,
        'SubscribeToTask',
        { id: task.id },
        { headers: other },
      ))
        heard.push(event);
    };
    expect(listen()).rejects.toThrow('-32001');
    await rpc(served.a2aUrl, 'CancelTask', { id: task.id }, { headers: mine });
    expect(heard).toEqual([]);
  });
});
