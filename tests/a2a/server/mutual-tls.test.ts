import { afterAll, expect, test } from 'bun:test';
import { connect } from 'node:tls';
import { startMtlsFront } from '../../../backend/identity/certificates/mtls-front.ts';
import { createAuthority, type Made } from '../../identity/certificates.ts';
import { PEER, startIssuer } from './issuer.ts';
import { textMessage } from './rpc.ts';
import { openFixture } from './fixture.ts';

const NAME = 'spiffe://lornu/gcp-agent';

const made = {} as Record<'peer' | 'stranger', Made>;

const fixture = await openFixture();
const issuer = await startIssuer();
const served = fixture.serve({
  environment: { ...issuer.environment, A2A_ALLOWED_CERTIFICATES: `URI:${NAME}=${PEER}` },
});
const trusted = await createAuthority('peers');
const server = await trusted.issue({ names: [{ type: 'ip', value: '127.0.0.1' }] });
const names = [{ type: 'url' as const, value: NAME }];
made.peer = await trusted.issue({ names });
made.stranger = await trusted.issue({ names: [{ type: 'url', value: `${NAME}/x` }] });
const authorities = trusted.certificate;
const front = await startMtlsFront({
  host: '127.0.0.1',
  port: 0,
  certificate: server.certificate,
  key: server.key,
  authorities,
  fetch: (request, _server, certificate) => served.app.fetch(request, { certificate }),
});
afterAll(async () => {
  await front.stop();
  await fixture.close();
  await issuer.stop();
});

/** One JSON-RPC call on the port for client certificates; undefined if the connection is refused. */
function call(
  client: Made | undefined,
  method: string,
  params: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: Record<string, unknown> } | undefined> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const lines = [
    'POST /a2a/lornu HTTP/1.1',
    'host: 127.0.0.1',
    'connection: close',
    'a2a-version: 1.0',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({
      host: '127.0.0.1',
      port: front.port,
      ca: authorities,
      ...(client ? { cert: client.certificate, key: client.key } : {}),
    });
    socket.setTimeout(10_000, () => socket.destroy());
    socket.on('secureConnect', () => socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`));
    socket.on('data', (data) => (text += data.toString()));
    socket.on('error', () => resolve(undefined));
    socket.on('close', () => {
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]);
      const json = /\{.*\}/s.exec(text)?.[0];
      resolve(Number.isNaN(status) ? undefined : { status, body: JSON.parse(json ?? '{}') });
    });
  });
}

const send = { message: textMessage('hello') };

test('a certificate on the list authenticates its peer', async () => {
  const answer = await call(made.peer, 'SendMessage', send);
  expect(answer).toMatchObject({
    status: 200,
    body: { result: { task: { status: { state: 'TASK_STATE_COMPLETED' } } } },
  });
  const { task } = (answer?.body['result'] ?? {}) as { task: { contextId: string; id: string } };
  const session = { appName: 'lornu', userId: `peer:${PEER}`, sessionId: task.contextId };
  expect(await served.app.services.sessions.getSession(session)).toBeDefined();
  // Certificate and token identify the same caller.
  const byToken = await fetch(`${served.a2aUrl}/tasks/${task.id}`, {
    headers: { 'a2a-version': '1.0', ...(await issuer.headersOf(PEER)) },
  });
  expect(byToken.status).toBe(200);
});

test('a name that is not on the list gets 401, in the format of A2A', async () => {
  expect(await call(made.stranger, 'SendMessage', send)).toMatchObject({
    status: 401,
    body: { jsonrpc: '2.0', id: null, error: { code: -32000, data: [{ reason: 'CERTIFICATE_REFUSED' }] } },
  });
});
