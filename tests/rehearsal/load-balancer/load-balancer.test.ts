import { commitSeed } from '../../support/commit-seed.ts';
import { CHECKS } from '@lornu/rehearsal/conformance/checks/all.ts';
import { THEMES as ALL_THEMES } from '@lornu/rehearsal/conformance/check.ts';
import { HOST } from '@lornu/rehearsal/conformance/stack/rules.ts';
import { expect, setDefaultTimeout, test } from 'bun:test';
import { once } from 'node:events';
import { connect } from 'node:tls';
import { testChecks } from '../conformance/kit.ts';
import { SLOW_WRONG_BALANCERS } from '../wrong-stand-ins/slow-wrong-balancers.ts';
import { expectFound, rebalance } from '../wrong-stand-ins/told.ts';
import { WRONG_BALANCERS } from '../wrong-stand-ins/wrong-balancers.ts';
import { WRONG_ECS } from '../wrong-stand-ins/wrong-ecs.ts';

setDefaultTimeout(300_000);

// What AWS documents, check by check.
const world = testChecks(['idle', 'rules', 'answers', 'headers', 'tokens', 'mutual-tls', 'health', 'drain']);

test("its own answers name AWS's load balancer, and hosts match without their port", async () => {
  expect((await world().ask(443, { path: '/answer/503' })).headers['server']).toBe('awselb/2.0');
  const headers = { Host: 'A.Other.Example:443' };
  expect((await world().ask(443, { path: '/host', headers })).body).toBe('host');
});

test('it speaks TLS 1.2 at least, and HTTP/2', () => {
  const address = `127.0.0.1:${world().standIns.ports[443]}`;
  const handshake = (...flags: string[]) =>
    Bun.spawnSync(['openssl', 's_client', '-connect', address, ...flags], { stdin: new Blob(['']) });
  expect(handshake('-tls1_1').stdout.toString()).toContain('Cipher is (NONE)');
  expect(handshake('-tls1_2').stdout.toString()).toMatch(/Cipher is ECDHE-.*-GCM-/);
  expect(handshake('-tls1_3', '-alpn', 'h2').stdout.toString()).toContain('ALPN protocol: h2');
});

test('a connection ends after the client keep-alive, with its next response and without a cut', async () => {
  // One second at the pace of this world.
  await rebalance(world(), { change: (balancer) => ({ ...balancer, clientKeepAliveS: 30 }) });
  const socket = connect({
    port: world().standIns.ports[443],
    host: '127.0.0.1',
    rejectUnauthorized: false,
  });
  let read = '';
  socket.on('data', (bytes: Buffer) => (read += bytes.toString('latin1')));
  const end = once(socket, 'close');
  const say = (path: string): boolean => socket.write(`GET ${path} HTTP/1.1\r\nhost: ${HOST}\r\n\r\n`);
  // This response takes longer than the connection may last.
  say('/x?everyMs=400&words=5');
  while (!read.includes('\r\n0\r\n\r\n')) await Bun.sleep(20);
  expect(read).toContain('end');
  expect(read).not.toContain('connection: close');
  say('/alive');
  await end;
  expect(read).toContain('connection: close');
});

// Some of the wrong load balancers of the suite long-conformance, by the commit.
const first = commitSeed() % WRONG_BALANCERS.length;
const sample = [0, 1, 2].map((index) => WRONG_BALANCERS[(first + index) % WRONG_BALANCERS.length]!);
test.each(sample.map((one) => [one.name, one] as const))(
  'the checks find a wrong load balancer: %s',
  async (_name, one) => expectFound(world(), one),
);

test('every theme has a wrong load balancer or a wrong ECS that its checks have to find', () => {
  const tells = new Set(
    [...WRONG_BALANCERS, ...SLOW_WRONG_BALANCERS, ...WRONG_ECS].flatMap((one) => one.tells),
  );
  const found = CHECKS.filter(({ id }) => tells.has(id));
  process.stdout.write(`figure: ${found.length} of ${CHECKS.length} checks have to find a wrong stand-in\n`);
  expect(found.length).toBe(tells.size);
  expect(new Set(found.map(({ theme }) => theme))).toEqual(new Set(ALL_THEMES));
});
