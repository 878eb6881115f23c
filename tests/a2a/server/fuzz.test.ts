import { afterAll, expect, test } from 'bun:test';
import { mulberry32 } from '@lornu/ops/base/seeded.ts';
import { openFixture } from './fixture.ts';

const fixture = await openFixture();
const served = fixture.serve({ environment: { A2A_PUSH_NOTIFICATIONS: 'off' } });
afterAll(() => fixture.close());

/** The seed is fixed, so every run sends the same requests. */
const SEED = Number(process.env['FUZZ_SEED'] ?? 1);
const REQUESTS = Number(process.env['FUZZ_REQUESTS'] ?? 500);
const AT_ONCE = 8;

type Random = () => number;

const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;

const ODD: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e308,
  0.5,
  '',
  ' ',
  'x'.repeat(3_000),
  '\u0000',
  '\ud800',
  '../../etc/passwd',
  '__proto__',
  'constructor',
  "' OR 1=1 --",
  [],
  {},
  [[]],
  [null],
  { toString: 1 },
  { $case: 'text' },
  'ROLE_USER',
  'TASK_STATE_WORKING',
  '2026-13-45T99:99:99Z',
  'AAAA====',
];

/** A copy with one change: a value replaced, removed, or duplicated. */
function mutated(random: Random, value: unknown, depth = 0): unknown {
  if (depth > 0 && random() < 0.25) return pick(random, ODD);
  if (Array.isArray(value)) {
    if (value.length === 0 || random() < 0.2) return [...value, pick(random, ODD)];
    const at = Math.floor(random() * value.length);
    return value.map((one, i) => (i === at ? mutated(random, one, depth + 1) : one));
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    const [key] = pick<[string, unknown]>(random, entries.length > 0 ? entries : [['x', 1]]);
    if (random() < 0.1) return { ...value, [oddText(random)]: pick(random, ODD) };
    if (random() < 0.15) return Object.fromEntries(entries.filter(([name]) => name !== key));
    return { ...value, [key]: mutated(random, (value as Record<string, unknown>)[key], depth + 1) };
  }
  return pick(random, ODD);
}

const message = (parts: unknown, role: string, more = {}) => ({ messageId: 'm', role, ...more, parts });
const PARTS = [
  { text: 'hello', metadata: { a: 1 } },
  { data: { a: [1] }, metadata: { adk_type: 'function_response' } },
  { raw: 'AAAA', mediaType: 'image/png', filename: 'a' },
];
const PARTS_03 = [
  { kind: 'text', text: 'hello' },
  { kind: 'data', data: { a: 1 } },
  { kind: 'file', file: { bytes: 'AAAA', mimeType: 'a/b' } },
];
const webhook = {
  taskId: 't',
  id: 'c',
  url: 'https://example.com',
  token: 't',
  authentication: { scheme: 'Bearer', credentials: 'x' },
};
const configuration = {
  returnImmediately: false,
  historyLength: 1,
  acceptedOutputModes: ['text/plain'],
  taskPushNotificationConfig: webhook,
};

const CALLS_10: Record<string, unknown> = {
  SendMessage: {
    message: message(PARTS, 'ROLE_USER', {
      contextId: 'c',
      extensions: [],
      referenceTaskIds: ['x'],
      metadata: { h: 1 },
    }),
    configuration: { historyLength: 1 },
  },
  SendStreamingMessage: { message: message(PARTS, 'ROLE_USER'), configuration, metadata: {} },
  GetTask: { id: 't', historyLength: 2 },
  ListTasks: {
    contextId: 'c',
    status: 'TASK_STATE_WORKING',
    pageSize: 2,
    pageToken: 'WzEsImEiXQ',
    statusTimestampAfter: '2026-01-01T00:00:00Z',
    includeArtifacts: true,
  },
  CancelTask: { id: 't', metadata: {} },
  SubscribeToTask: { id: 't' },
  CreateTaskPushNotificationConfig: webhook,
  GetTaskPushNotificationConfig: { taskId: 't', id: 'c' },
  ListTaskPushNotificationConfigs: { taskId: 't', pageSize: 1 },
  DeleteTaskPushNotificationConfig: { taskId: 't', id: 'c' },
  GetExtendedAgentCard: {},
};
const CALLS_03: Record<string, unknown> = {
  'message/send': {
    message: { kind: 'message', ...message(PARTS_03, 'user') },
    configuration: { blocking: true, pushNotificationConfig: { url: 'https://example.com' } },
  },
  'message/stream': { message: { kind: 'message', ...message(PARTS_03, 'user', { contextId: 'c' }) } },
  'tasks/get': { id: 't', historyLength: 1 },
  'tasks/cancel': { id: 't' },
  'tasks/resubscribe': { id: 't' },
  'tasks/pushNotificationConfig/set': {
    taskId: 't',
    pushNotificationConfig: { url: 'https://example.com', authentication: { schemes: ['Bearer'] } },
  },
  'tasks/pushNotificationConfig/get': { id: 't', pushNotificationConfigId: 'c' },
  'tasks/pushNotificationConfig/list': { id: 't' },
  'tasks/pushNotificationConfig/delete': { id: 't', pushNotificationConfigId: 'c' },
  'agent/getAuthenticatedExtendedCard': {},
};
const REST: readonly [method: string, path: string, body?: unknown][] = [
  ['POST', '/message:send', CALLS_10['SendMessage']],
  ['POST', '/message:stream', CALLS_10['SendStreamingMessage']],
  ['GET', '/tasks?pageSize=P&pageToken=P&status=P&contextId=P&historyLength=P&statusTimestampAfter=P'],
  ['GET', '/tasks/P?historyLength=P'],
  ['POST', '/tasks/P:cancel', {}],
  ['POST', '/tasks/P:subscribe', {}],
  ['POST', '/tasks/P/pushNotificationConfigs', webhook],
  ['GET', '/tasks/P/pushNotificationConfigs/P'],
  ['DELETE', '/tasks/P/pushNotificationConfigs/P'],
  ['GET', '/extendedAgentCard?tenant=P'],
];
const REST_03: readonly [method: string, path: string, body?: unknown][] = [
  [
    'POST',
    '/v1/message:send',
    {
      message: {
        messageId: 'm',
        role: 'ROLE_USER',
        content: [{ text: 'hello' }, { file: { fileWithBytes: 'AAAA' } }, { data: { data: {} } }],
      },
      configuration: { blocking: true },
    },
  ],
  [
    'POST',
    '/v1/message:stream',
    { message: { messageId: 'm', role: 'ROLE_USER', content: [{ text: 'hello' }] } },
  ],
  ['GET', '/v1/tasks/P?historyLength=P'],
  ['POST', '/v1/tasks/P:cancel', {}],
  ['GET', '/v1/tasks/P:subscribe'],
  ['POST', '/v1/tasks/P/pushNotificationConfigs', { pushNotificationConfig: webhook }],
  ['GET', '/v1/card'],
];

interface Sent {
  url: string;
  init: RequestInit;
}

function rpcRequest(random: Random): Sent {
  const version = pick(random, ['1.0', '0.3']);
  const calls = version === '1.0' ? CALLS_10 : CALLS_03;
  const method = pick(random, Object.keys(calls));
  const whole = { jsonrpc: '2.0', id: 1, method, params: calls[method] };
  const body = JSON.stringify(
    random() < 0.1 ? mutated(random, whole) : { ...whole, params: mutated(random, whole.params) },
  );
  const headers = {
    'content-type': 'application/json',
    ...(version === '1.0' ? { 'a2a-version': '1.0' } : {}),
  };
  // Sometimes send invalid JSON.
  const text = random() < 0.05 ? body.slice(0, Math.floor(random() * body.length)) : body;
  return { url: served.a2aUrl, init: { method: 'POST', headers, body: text } };
}

function restRequest(random: Random): Sent {
  const isNew = random() < 0.6;
  const [method, path, body] = pick(random, isNew ? REST : REST_03);
  const filled = path.replaceAll('P', () => encodeURIComponent(oddText(random)));
  const headers = { 'content-type': 'application/json', ...(isNew ? { 'a2a-version': '1.0' } : {}) };
  const text = body === undefined ? {} : { body: JSON.stringify(mutated(random, body)) };
  return { url: `${served.a2aUrl}${filled}`, init: { method, headers, ...text } };
}

function oddText(random: Random): string {
  const odd = pick(random, ODD);
  return (typeof odd === 'string' ? odd : JSON.stringify(odd)).toWellFormed() || 'x';
}

/** What is wrong with a response; undefined if it is valid. */
async function problemWith({ url, init }: Sent): Promise<string | undefined> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(20_000) });
  const text = await response.text();
  const about = () =>
    `${init.method} ${url.slice(-200)} ${JSON.stringify(init.body)?.slice(0, 1_500)} -> ${response.status} ${text.slice(0, 600)}`;
  if (response.status >= 500) return about();
  if (/"code":-32603|\bat \S+ \(|\/backend\/|node_modules/.test(text)) return about();
  if (response.headers.get('content-type')?.includes('json') && text !== '') JSON.parse(text);
  return undefined;
}

test.each([
  ['JSON-RPC', rpcRequest],
  ['REST', restRequest],
])('%s: nothing that a caller sends is a failure of ours', async (name, make) => {
  const random = mulberry32(SEED + name.length);
  const problems: string[] = [];
  const next = async (left: number): Promise<void> => {
    if (left === 0 || problems.length > 5) return;
    const problem = await problemWith(make(random));
    if (problem) problems.push(problem);
    await next(left - 1);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, async () => next(Math.ceil(REQUESTS / AT_ONCE))));
  expect(problems).toEqual([]);
  const bugs = served.app.logged.filter(
    ({ level, message: said }) => level === 'error' && said !== 'A turn failed',
  );
  expect(bugs).toEqual([]);
  expect((await fetch(`${served.url}/health`)).status).toBe(200);
});
