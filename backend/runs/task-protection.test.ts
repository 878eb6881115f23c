import { afterEach, beforeEach, expect, test } from 'bun:test';
import { silentLog } from '../testing/run-bench.ts';
import { TaskProtection } from './task-protection.ts';

const MINUTE_MS = 60_000;
let agent: ReturnType<typeof Bun.serve>;
let calls: { method: string; path: string; body: unknown }[];
let status: number;
let nowMs: number;
let newerSince: number | undefined;

beforeEach(() => {
  [calls, status, nowMs, newerSince] = [[], 200, 1_000_000, undefined];
  agent = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      calls.push({ method: request.method, path: new URL(request.url).pathname, body: await request.json() });
      return Response.json({}, { status });
    },
  });
});
afterEach(() => agent.stop(true));

const protection = (): TaskProtection =>
  new TaskProtection({
    agentUri: agent.url.href.replace(/\/$/, ''),
    log: silentLog,
    now: () => nowMs,
    newerDeploymentSince: async () => newerSince,
    lookEveryMs: 5,
  });
const bodies = (): unknown[] => calls.map(({ body }) => body);
const ON = { ProtectionEnabled: true, ExpiresInMinutes: 20 };
const OFF = { ProtectionEnabled: false };

test('is requested with the first run, released with the last, and not between', async () => {
  const task = protection();
  task.runStarted(1);
  task.runStarted(2);
  task.runEnded(1);
  await Bun.sleep(40);
  expect(calls).toEqual([{ method: 'PUT', path: '/task-protection/v1/state', body: ON }]);
  task.runEnded(2);
  await Bun.sleep(40);
  expect(bodies()).toEqual([ON, OFF]);
});

test('renewed at half-time while there is no newer deployment', async () => {
  const task = protection();
  task.runStarted(nowMs);
  await Bun.sleep(30);
  nowMs += 9 * MINUTE_MS;
  await Bun.sleep(30);
  expect(bodies()).toEqual([ON]);
  nowMs += 2 * MINUTE_MS;
  await Bun.sleep(40);
  expect(bodies()).toEqual([ON, ON]);
  task.runEnded(1_000_000);
});

test('after a newer deployment was seen it is only renewed for runs begun before', async () => {
  const task = protection();
  const old = nowMs;
  task.runStarted(old);
  nowMs += 5 * MINUTE_MS;
  newerSince = nowMs;
  nowMs += MINUTE_MS;
  task.runStarted(nowMs);
  nowMs += 5 * MINUTE_MS;
  await Bun.sleep(40);
  expect(bodies()).toEqual([ON, ON]);
  task.runEnded(old);
  nowMs += 11 * MINUTE_MS;
  await Bun.sleep(40);
  expect(bodies()).toEqual([ON, ON]);
  task.runEnded(1_000_000 + 6 * MINUTE_MS);
});

test('an agent that refuses or is missing stops no run', async () => {
  status = 400;
  const task = protection();
  task.runStarted(1);
  await Bun.sleep(20);
  await agent.stop(true);
  task.runEnded(1);
  await Bun.sleep(20);
  expect(calls).toHaveLength(1);
});
