import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { createRefusalLog } from '../../backend/identity/certificates/configured-front.ts';
import {
  type MtlsFront,
  type MtlsFrontOptions,
  startMtlsFront,
} from '../../backend/identity/certificates/mtls-front.ts';
import type { Logger } from '../../backend/observability/logger.ts';
import { json } from '../../backend/testing/test-app.ts';
import { createAuthority, type Made } from './certificates.ts';
import {
  bearer,
  claims,
  createGuardedApp,
  createSigner,
  type GuardedApp,
  PEER,
  SERVICE,
  sign,
  withHeaders,
} from './kit.ts';

const PEER_NAME = 'spiffe://lornu/gcp-agent';
const ENVIRONMENT = { A2A_ALLOWED_CERTIFICATES: `URI:${PEER_NAME}=${PEER},DNS:agent.lornu.example=${PEER}` };

const made = {} as Record<
  'server' | 'peer' | 'dns' | 'stranger' | 'smuggler' | 'nameless' | 'expired' | 'early' | 'forged',
  Made
>;
let app: GuardedApp;

const signer = await createSigner('k1');
const trusted = await createAuthority('peers');
const foreign = await createAuthority('peers');
const days = (count: number) => new Date(Date.now() + count * 86_400_000);
const peer = [{ type: 'url' as const, value: PEER_NAME }];
made.server = await trusted.issue({ names: [{ type: 'ip', value: '127.0.0.1' }] });
made.peer = await trusted.issue({ names: peer });
made.dns = await trusted.issue({ names: [{ type: 'dns', value: 'agent.lornu.example' }] });
made.stranger = await trusted.issue({ names: [{ type: 'url', value: `${PEER_NAME}/other` }] });
made.smuggler = await trusted.issue({ names: [{ type: 'url', value: `spiffe://evil, URI:${PEER_NAME}` }] });
made.nameless = await trusted.issue({ names: [{ type: 'ip', value: '10.0.0.1' }] });
made.expired = await trusted.issue({ names: peer, notBefore: days(-9), notAfter: days(-1) });
made.early = await trusted.issue({ names: peer, notBefore: days(1), notAfter: days(9) });
made.forged = await foreign.issue({ names: peer });

beforeEach(() => {
  app = createGuardedApp([signer.publicJwk], ENVIRONMENT);
});

/** Our own port for client certificates, with changes. */
const startFront = (more: Pick<MtlsFrontOptions, 'fetch'> & Partial<MtlsFrontOptions>) =>
  startMtlsFront({
    host: '127.0.0.1',
    port: 0,
    certificate: made.server.certificate,
    key: made.server.key,
    authorities: trusted.certificate,
    ...more,
  });

const machineToken = (email: string) => sign(signer, claims(app.clock.nowMs, { email }));

describe('our own port with client certificates', () => {
  let front: MtlsFront;
  const refused: string[] = [];

  beforeAll(async () => {
    front = await startFront({
      fetch: (request, _server, certificate) => app.fetch(request, { certificate }),
      onRefused: (reason) => refused.push(reason),
    });
  });
  afterAll(() => front.stop());
  beforeEach(() => {
    refused.length = 0;
  });

  /** One request over TLS; undefined if the connection is refused. */
  async function call(
    client: Made | undefined,
    headers: Record<string, string> = {},
    path = '/a2a/lornu/none',
  ) {
    const text = await raw(client, requestText(path, headers));
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]);
    return Number.isNaN(status) ? undefined : { status, text };
  }

  const requestText = (path: string, headers: Record<string, string>) =>
    `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n${Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('')}\r\n`;

  function raw(client: Made | undefined, text: string): Promise<string> {
    return new Promise((resolve) => {
      let received = '';
      const socket = connectTls({
        host: '127.0.0.1',
        port: front.port,
        ca: trusted.certificate,
        ...(client ? { cert: client.certificate, key: client.key } : {}),
      });
      socket.setTimeout(5_000, () => socket.destroy());
      socket.on('secureConnect', () => socket.write(text));
      socket.on('data', (data) => {
        received += data.toString();
      });
      socket.on('error', () => resolve(received));
      socket.on('close', () => resolve(received));
    });
  }

  /** Does the work with another front in place of `front`. */
  async function through<T>(other: MtlsFront, work: () => Promise<T>): Promise<T> {
    const saved = front;
    front = other;
    return work().finally(() => (front = saved));
  }

  test.each(['peer', 'dns'] as const)('lets in a caller on the list: %s', async (name) => {
    // 404: admitted, but there is nothing; without the certificate it would be 401.
    expect((await call(made[name]))?.status).toBe(404);
  });

  test.each([
    ['no certificate', undefined],
    ['a certificate of another authority with the same name', 'forged'],
    ['an expired certificate', 'expired'],
    ['a certificate that is not valid yet', 'early'],
    ['a name that holds a name of the list', 'smuggler'],
  ] as const)('refuses the connection: %s', async (_what, name) => {
    expect(await call(name === undefined ? undefined : made[name])).toBeUndefined();
    expect(refused).toHaveLength(1);
    expect(app.logged).toEqual([]);
  });

  test.each([
    ['a name that is not on the list', 'stranger'],
    ['no name that counts', 'nameless'],
  ] as const)('answers 401 to a trusted certificate with %s', async (_what, name) => {
    const answer = await call(made[name]);
    expect(answer?.status).toBe(401);
    expect(answer?.text).toContain('"message":"The client certificate is not accepted"');
    expect(answer?.text.toLowerCase()).toContain('www-authenticate: bearer realm="lornu"');
  });

  test('a certificate and a token must identify the same caller', async () => {
    expect((await call(made.peer, bearer(await machineToken(PEER))))?.status).toBe(404);
    const other = await call(made.peer, bearer(await machineToken(SERVICE)));
    expect(other?.status).toBe(401);
    expect(other?.text).toContain('The certificate and the token name different callers');
    expect((await call(made.peer, bearer('not-a-token')))?.status).toBe(401);
  });

  test("a certificate does not bypass a role: a peer's only allows A2A", async () => {
    expect((await call(made.peer, {}, '/list-apps'))?.status).toBe(403);
  });

  test("a header cannot give a connection another client's certificate", async () => {
    const leaf = encodeURIComponent(made.peer.certificate);
    const answer = await call(made.stranger, {
      'x-amzn-mtls-clientcert-leaf': leaf,
      'x-forwarded-port': '8443',
    });
    expect(answer?.status).toBe(401);
  });

  test('connections do not mix up their certificates', async () => {
    const turns = Array.from({ length: 10 }, () => [made.peer, made.stranger]).flat();
    const statuses = await Promise.all(turns.map(async (client) => (await call(client))?.status));
    expect(statuses).toEqual(turns.map((client) => (client === made.peer ? 404 : 401)));
  });

  describe('idle connections', () => {
    const LIMITS = { handshakeMs: 300, requestMs: 600, unfinished: 20, connections: 30 };
    let guarded: MtlsFront;
    beforeAll(async () => {
      guarded = await startFront({
        fetch: () => new Response('in'),
        onRefused: (reason) => refused.push(reason),
        limits: LIMITS,
      });
    });
    afterAll(() => guarded.stop());

    const silent = () => {
      const socket = connectTcp(guarded.port, '127.0.0.1', () => socket.write(Buffer.from([0x16, 3])));
      socket.on('error', () => undefined);
      return new Promise<void>((resolve) => socket.once('close', () => resolve()));
    };
    const callGuarded = async () => {
      const answer = await through(guarded, () => call(made.peer));
      return answer?.status;
    };

    test('an unfinished handshake is ended, however many there are, and others are admitted afterwards', async () => {
      await Promise.all(Array.from({ length: 100 }, silent));
      expect(refused.filter((reason) => reason === 'too many connections').length).toBeGreaterThanOrEqual(80);
      expect(refused.filter((reason) => reason === 'ERR_TLS_HANDSHAKE_TIMEOUT').length).toBeLessThanOrEqual(
        20,
      );
      expect(await callGuarded()).toBe(200);
    });

    test('active connections count against their own limit', async () => {
      const open = () =>
        new Promise<TLSSocket | undefined>((resolve) => {
          const socket = connectTls({
            port: guarded.port,
            host: '127.0.0.1',
            ca: trusted.certificate,
            cert: made.peer.certificate,
            key: made.peer.key,
          });
          socket.on('secureConnect', () => socket.write('GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n'));
          socket.once('data', () => resolve(socket));
          socket.once('close', () => resolve(undefined));
          socket.on('error', () => undefined);
        });
      const sockets: TLSSocket[] = [];
      // More than may be in a handshake at once; each gets a response to its first request and stays open.
      for (let i = 0; i < LIMITS.connections; i++) {
        const socket = await open();
        if (socket) sockets.push(socket);
      }
      const oneMore = await open();
      await Bun.sleep(LIMITS.requestMs + 100);
      const kept = sockets.filter((socket) => !socket.destroyed).length;
      for (const socket of [...sockets, ...(oneMore ? [oneMore] : [])]) socket.destroy();
      expect({ opened: sockets.length, oneMore: oneMore !== undefined, kept }).toEqual({
        opened: LIMITS.connections,
        oneMore: false,
        kept: LIMITS.connections,
      });
    });

    test.each([
      ['no request', ''],
      ['half of one', 'GET / HTTP/1.1\r\nhost: x\r\n'],
    ])('a good certificate with %s is closed', async (_what, text) => {
      expect(await through(guarded, () => raw(made.peer, text))).not.toContain('200 OK');
    });
  });

  test('refused connections make one log line in ten seconds, with their count', () => {
    const lines: unknown[] = [];
    let nowMs = 0;
    const log = { warn: (_message: string, fields: unknown) => lines.push(fields) } as unknown as Logger;
    const onRefused = createRefusalLog(log, () => nowMs);
    for (nowMs = 0; nowMs < 20_000; nowMs += 10) onRefused('no');
    expect(lines).toEqual([
      { reason: 'no', count: 1 },
      { reason: 'no', count: 1_000 },
    ]);
  });

  test('the inner listener serves nobody who bypasses the front', async () => {
    const seen = new Set<number>();
    const inner = await startFront({
      fetch: (_request, server) => {
        seen.add(server.port ?? 0);
        return new Response('in');
      },
    });
    await through(inner, () => call(made.peer));
    const [port = 0] = seen;
    const answer = await new Promise<string>((resolve) => {
      const socket = connectTcp(port, '127.0.0.1', () => socket.write(requestText('/', {})));
      socket.once('data', (data) => resolve(data.toString()));
    });
    expect(answer).toStartWith('HTTP/1.1 403');
    await inner.stop();
  });
});

describe('headers of a load balancer that verified a certificate', () => {
  /** A2A's errors have the reason in another place. */
  const reasonOf = async (response: Response) =>
    ((await response.json()) as { error: { message: string } }).error.message;
  const headersOf = (name: keyof typeof made, changes: Record<string, string> = {}) => ({
    'x-amzn-mtls-clientcert-leaf': encodeURIComponent(made[name].certificate),
    'x-forwarded-port': '8443',
    ...changes,
  });
  const call = (headers: Record<string, string>) => app.request('/a2a/lornu/none', { headers });

  test('are ignored unless the configuration says that the load balancer is there', async () => {
    const response = await call(headersOf('peer'));
    expect([response.status, await reasonOf(response)]).toEqual([401, 'Authentication is required']);
    expect((await call(headersOf('peer', { 'x-forwarded-port': 'undefined' }))).status).toBe(401);
  });

  describe('when it is there', () => {
    beforeEach(() => {
      app = createGuardedApp([signer.publicJwk], { ...ENVIRONMENT, A2A_MUTUAL_TLS: 'alb' });
    });

    test('admit a caller on the list, whose turns are its own', async () => {
      expect((await call(headersOf('peer'))).status).toBe(404);
      const message = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'hi' }] };
      const headers = headersOf('peer', { 'a2a-version': '1.0' });
      await app.request('/a2a/lornu/message:send', withHeaders(json({ message }), headers));
      expect(app.runs.started).toMatchObject([{ userId: `peer:${PEER}` }]);
    });

    test.each([
      ['a name that is not on the list', 'stranger'],
      ['an expired certificate', 'expired'],
      ['a certificate that is not valid yet', 'early'],
    ] as const)('are refused with %s', async (_what, name) => {
      const response = await call(headersOf(name));
      expect([response.status, await reasonOf(response)]).toEqual([
        401,
        'The client certificate is not accepted',
      ]);
      expect(response.headers.get('www-authenticate')).toBe('Bearer realm="lornu"');
    });

    test.each([
      ['on the listener for everyone', { 'x-forwarded-port': '443' }],
      ['from a caller who names two ports', { 'x-forwarded-port': '8443, 443' }],
      ['without the certificate', { 'x-amzn-mtls-clientcert-leaf': '' }],
      ['with something that is no certificate', { 'x-amzn-mtls-clientcert-leaf': '%E0%A4%A' }],
      ['with a text that is no certificate', { 'x-amzn-mtls-clientcert-leaf': 'peer' }],
    ])('are nobody %s', async (_what, change) => {
      const response = await call(headersOf('peer', change));
      expect([response.status, await reasonOf(response)]).toEqual([401, 'Authentication is required']);
    });

    test('other headers of the kind identify nobody', async () => {
      const response = await call({
        'x-amzn-mtls-clientcert': encodeURIComponent(made.peer.certificate),
        'x-amzn-mtls-clientcert-subject': 'CN=peer',
        'x-forwarded-port': '8443',
      });
      expect(response.status).toBe(401);
    });

    test('a certificate and a token must identify the same caller', async () => {
      expect((await call({ ...headersOf('peer'), ...bearer(await machineToken(PEER)) })).status).toBe(404);
      expect((await call({ ...headersOf('peer'), ...bearer(await machineToken(SERVICE)) })).status).toBe(401);
    });
  });
});
