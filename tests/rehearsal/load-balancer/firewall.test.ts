import { toFirewallRule, type Firewall } from '@lornu/rehearsal/load-balancer/firewall.ts';
import { backendName } from '@lornu/rehearsal/load-balancer/render-haproxy.ts';
import { afterAll, expect, test } from 'bun:test';
import { request } from 'node:http';
import { AGENT_GROUP, startBalancer } from './kit.ts';

const FIREWALL: Firewall = {
  rules: [
    { name: 'friend', action: 'allow', condition: { kind: 'addresses', ranges: ['127.0.0.9/32'] } },
    { name: 'rate', action: 'block', condition: { kind: 'rate', limit: 20, windowS: 300 } },
    {
      name: 'bad',
      action: 'block',
      condition: { kind: 'addresses', ranges: ['127.0.1.0/24', '127.0.2.1/32'] },
    },
    { name: 'long', action: 'block', condition: { kind: 'size', part: 'query', operator: 'gt', bytes: 10 } },
    { name: 'big', action: 'block', condition: { kind: 'size', part: 'body', operator: 'ge', bytes: 100 } },
    { name: 'method', action: 'block', condition: { kind: 'method', method: 'trace' } },
  ],
  notActedOn: [],
};
const actions = [{ type: 'fixed-response' as const, status: 200, contentType: 'text/plain', body: 'in' }];
const balancer = await startBalancer(
  {
    idleTimeoutS: 60,
    clientKeepAliveS: 3_600,
    dropInvalidHeaders: true,
    http2: true,
    listeners: [80, 81].map((port) => ({
      port,
      protocol: 'HTTP' as const,
      sslPolicy: undefined,
      mutualTls: { mode: 'off' as const },
      rules: [{ priority: 'default' as const, conditions: [], actions }],
    })),
    targetGroups: [AGENT_GROUP],
  },
  [],
  FIREWALL,
);
afterAll(() => balancer.end());

/** The status of a request from this address. */
async function ask(
  from: string,
  about: { path?: string; method?: string; body?: string; port?: number } = {},
): Promise<number> {
  const { path = '/', method = 'GET', body, port = 80 } = about;
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: '127.0.0.1', port: balancer.ports[port], path, method, localAddress: from, agent: false },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      },
    );
    asked.on('error', reject);
    asked.end(body);
  });
}

test('addresses, sizes and methods are blocked, and nothing beside them', async () => {
  expect(await ask('127.0.0.3')).toBe(200);
  expect(await ask('127.0.1.77')).toBe(403);
  expect(await ask('127.0.2.1')).toBe(403);
  expect(await ask('127.0.2.2')).toBe(200);
  expect(await ask('127.0.0.3', { path: '/?q=12345678' })).toBe(200);
  expect(await ask('127.0.0.3', { path: '/?q=123456789' })).toBe(403);
  expect(await ask('127.0.0.3', { method: 'POST', body: 'x'.repeat(99) })).toBe(200);
  expect(await ask('127.0.0.3', { method: 'POST', body: 'x'.repeat(100) })).toBe(403);
  expect(await ask('127.0.0.3', { method: 'TRACE' })).toBe(403);
});

test('an address is blocked from its rate on, over all listeners, and no other one', async () => {
  const seen = [];
  for (let index = 0; index < 30; index += 1)
    seen.push(await ask('127.0.0.5', { port: index % 2 ? 81 : 80 }));
  expect(seen).toEqual([...Array.from({ length: 20 }, () => 200), ...Array.from({ length: 10 }, () => 403)]);
  expect(await ask('127.0.0.6')).toBe(200);
});

test('what an earlier rule allows is not blocked by a later one', async () => {
  for (let index = 0; index < 25; index += 1) expect(await ask('127.0.0.9')).toBe(200);
  expect(await ask('127.0.0.9', { path: '/?q=123456789' })).toBe(200);
});

test('a target that is not there cannot be drained', async () => {
  const refused = await balancer.control.drain(backendName(AGENT_GROUP.arn), 'none').catch(String);
  expect(refused).toContain('HAProxy');
});

test("AWS's managed groups and rules that only count are not acted on", async () => {
  const read = async (rule: object) =>
    toFirewallRule({ Name: 'x', ...rule } as never, async () => ['192.0.2.0/24']);
  const rate = { RateBasedStatement: { Limit: 2000, AggregateKeyType: 'IP', EvaluationWindowSec: 300 } };
  expect(await read({ Action: { Block: {} }, Statement: rate })).toMatchObject({
    action: 'block',
    condition: { kind: 'rate', limit: 2000, windowS: 300 },
  });
  expect(await read({ Action: { Count: {} }, Statement: rate })).toBeUndefined();
  expect(
    await read({ Action: { Block: {} }, Statement: { IPSetReferenceStatement: { ARN: 'a' } } }),
  ).toMatchObject({
    condition: { kind: 'addresses', ranges: ['192.0.2.0/24'] },
  });
  const managed = { ManagedRuleGroupStatement: { VendorName: 'AWS', Name: 'AWSManagedRulesCommonRuleSet' } };
  expect(await read({ OverrideAction: { None: {} }, Statement: managed })).toBeUndefined();
});
