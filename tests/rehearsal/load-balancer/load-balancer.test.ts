import { backendName } from '@lornu/rehearsal/load-balancer/render-haproxy.ts';
import { afterAll, describe, expect, test } from 'bun:test';
import { exportSPKI, generateKeyPair, SignJWT, type CryptoKey, type JWTPayload } from 'jose';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { until } from '../../support/until.ts';
import { addTarget, HOST, startBalancer, waitForStatus } from './kit.ts';
import { GROUP, ISSUER, KEYS, SAMPLE_BALANCER } from './sample-balancer.ts';
import { serveHere } from '../../support/serve-here.ts';

let healthy = true;

const pair = await generateKeyPair('RS256', { extractable: true });
const key = pair.privateKey;
const foreign = (await generateKeyPair('RS256')).privateKey;
const target = serveHere(
  async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/health' && request.headers.get('user-agent')?.startsWith('ELB-HealthChecker'))
      return new Response('', { status: healthy ? 200 : 503 });
    const everyMs = Number(searchParams.get('everyMs') ?? 0);
    if (everyMs === 0) return Response.json(Object.fromEntries(request.headers));
    const frames = async function* () {
      for (let index = 0; index < 4; index += 1) {
        yield `${index}\n`;
        await Bun.sleep(everyMs);
      }
    };
    return new Response(frames);
  },
  { idleTimeout: 30 },
);
const running = await startBalancer(SAMPLE_BALANCER, {
  [KEYS]: [{ kid: 'k1', pem: await exportSPKI(pair.publicKey) }],
});
const authority = await readFile(join(running.folder, 'authority.pem'), 'utf8');
await addTarget(running, GROUP, 'task-1', target.port ?? 0);
afterAll(async () => {
  await running.end();
  await target.stop(true);
});

async function ask(path: string, init: RequestInit & { tls?: object } = {}, port = 443): Promise<Response> {
  return fetch(`${running.url(port)}${path}`, {
    redirect: 'manual',
    ...init,
    tls: { ca: authority, ...init.tls },
  });
}

async function token(
  claims: JWTPayload = {},
  header: { kid?: string; key?: CryptoKey; exp?: string | false } = {},
): Promise<string> {
  const jwt = new SignJWT({
    iss: ISSUER,
    aud: `https://${HOST}`,
    email: 'peer@project.iam.gserviceaccount.com',
    ...claims,
  })
    .setProtectedHeader({ alg: 'RS256', kid: header.kid ?? 'k1' })
    .setIssuedAt(claims.iat);
  if (header.exp !== false) jwt.setExpirationTime(header.exp ?? '5 minutes');
  return jwt.sign(header.key ?? key);
}

const status = async (path: string, init: RequestInit = {}): Promise<number> =>
  (await ask(path, init)).status;
const bearer = (value: string): RequestInit => ({ headers: { Authorization: `Bearer ${value}` } });

describe('rules', () => {
  test('the first match decides, by path, wildcard and method; else the default action', async () => {
    expect(await status('/health')).toBe(200);
    expect(await status('/health', { method: 'POST' })).toBe(401);
    expect(await status('/healthy')).toBe(401);
    expect(await status('/a2a/lornu/card.json')).toBe(200);
    expect(await status('/one1')).toBe(200);
    expect(await status('/one')).toBe(401);
    expect(await status('/ONE1')).toBe(401);
    expect(await status('/open/x?y=/health')).toBe(200);
  });

  test('a fixed response has the status, type and body of the rule', async () => {
    const answer = await ask('/elsewhere');
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(answer.headers.get('server')).toBe('awselb/2.0');
    expect(await answer.json()).toEqual({ detail: 'Not signed in' });
    const forged = await ask('/open/x', { headers: { 'X-Amzn-Mtls-Clientcert': 'me' } });
    expect([forged.status, await forged.json()]).toEqual([400, { detail: "It's 100% forged" }]);
  });

  test('hosts match without their port, and other addresses do not', async () => {
    expect(await status('/open/x', { headers: { Host: 'A.Other.Example:443' } })).toBe(404);
    expect(await status('/open/x', { headers: { Host: 'other.example' } })).toBe(200);
  });

  test('port 80 redirects to the other listener with path and query', async () => {
    const answer = await ask('/a/b?c=d', { headers: { Host: `${HOST}:80` } }, 80);
    expect(answer.status).toBe(301);
    expect(answer.headers.get('location')).toBe(`https://${HOST}:${running.ports[443]}/a/b?c=d`);
  });
});

describe('tokens', () => {
  test('a valid one passes, unchanged, on its path and wherever a token is sent', async () => {
    const right = await token();
    for (const path of ['/a2a', '/a2a/lornu', '/elsewhere']) {
      const answer = await ask(path, bearer(right));
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({ authorization: `Bearer ${right}` });
    }
    expect(await status('/a2a', bearer(await token({ email: 'other@x.y' })))).toBe(200);
  });

  const wrong: Record<string, () => Promise<RequestInit>> = {
    none: async () => ({}),
    'not a bearer': async () => ({ headers: { Authorization: 'Basic eDp5' } }),
    nonsense: async () => bearer('a.b.c'),
    expired: async () => bearer(await token({}, { exp: '1 second ago' })),
    'without an end': async () => bearer(await token({}, { exp: false })),
    'not yet valid': async () => bearer(await token({ nbf: Math.floor(Date.now() / 1000) + 600 })),
    'from the future': async () => bearer(await token({ iat: Math.floor(Date.now() / 1000) + 600 })),
    'of another issuer': async () => bearer(await token({ iss: 'https://evil.example' })),
    'for another audience': async () => bearer(await token({ aud: 'https://elsewhere.example' })),
    'without an audience': async () => bearer(await token({ aud: undefined as unknown as string })),
    'of another account': async () =>
      bearer(await token({ email: 'stranger@project.iam.gserviceaccount.com' })),
    'signed by another key': async () => bearer(await token({}, { key: foreign })),
    'with an unknown key id': async () => bearer(await token({}, { kid: 'k2' })),
    'changed after it was signed': async () => {
      const [head, , signature] = (await token()).split('.');
      const other = (await token({ email: 'other@x.y' })).split('.')[1];
      return bearer(`${head}.${other}.${signature}`);
    },
    'without a signature': async () => {
      const payload = (await token()).split('.')[1];
      return bearer(`${Buffer.from('{"alg":"none","kid":"k1"}').toString('base64url')}.${payload}.`);
    },
  };
  for (const [name, make] of Object.entries(wrong)) {
    test(`one that is ${name} is refused`, async () =>
      expect(await status('/a2a/x', await make())).toBe(401));
  }
});

describe('mutual TLS', () => {
  const peer = async () => {
    const pem = await readFile(join(running.folder, 'peer.pem'), 'utf8');
    return { cert: pem, key: pem };
  };

  test('a peer of the CA passes, with its certificate in the headers of the load balancer', async () => {
    const answer = await ask(
      '/x',
      {
        headers: { 'X-Amzn-Mtls-Clientcert-Subject': 'CN=admin', 'X-Amzn-Mtls-Clientcert': 'forged' },
        tls: await peer(),
      },
      8443,
    );
    const headers = (await answer.json()) as Record<string, string>;
    expect(headers['x-amzn-mtls-clientcert-subject']).toBe('CN=peer.lornu.example');
    expect(headers).not.toHaveProperty('x-amzn-mtls-clientcert');
    expect(headers['x-amzn-mtls-clientcert-issuer']).toBe('CN=Lornu rehearsal peers');
    expect(headers['x-amzn-mtls-clientcert-serial-number']).toMatch(/^[0-9A-F]{20,40}$/);
    expect(headers['x-amzn-mtls-clientcert-validity']).toMatch(
      /^NotBefore=20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ;NotAfter=20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
    );
    const leaf = decodeURIComponent(headers['x-amzn-mtls-clientcert-leaf'] ?? '');
    const { X509Certificate } = await import('node:crypto');
    expect(new X509Certificate(leaf).subjectAltName).toBe('DNS:peer.lornu.example');
  });

  test('nobody else gets through: without a certificate, or with one of another authority', async () => {
    const foreignPem = await readFile(join(running.folder, 'server.pem'), 'utf8');
    for (const tls of [{}, { cert: foreignPem, key: foreignPem }]) {
      const answer = await ask('/x', { tls }, 8443).catch(() => 'refused');
      expect(answer).toBe('refused');
    }
  });
});

describe('the way to the target', () => {
  test('has the headers of the load balancer, and drops invalid names', async () => {
    const answer = await ask('/open/x', {
      headers: { 'X-Forwarded-For': '203.0.113.1', X_Odd: '1', Host: HOST },
    });
    const headers = (await answer.json()) as Record<string, string>;
    expect(headers).toMatchObject({ 'x-forwarded-proto': 'https', 'x-forwarded-port': '443', host: HOST });
    expect(headers['x-forwarded-for']).toMatch(/^203\.0\.113\.1, ?127\.0\.0\.1$/);
    expect(headers['x-amzn-trace-id']).toMatch(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/);
    expect(headers).not.toHaveProperty('x_odd');
  });

  test('continues a trace that the client began', async () => {
    const root = 'Root=1-67891233-abcdef012345678912345678';
    const answer = await ask('/open/x', { headers: { 'X-Amzn-Trace-Id': root } });
    const headers = (await answer.json()) as Record<string, string>;
    expect(headers['x-amzn-trace-id']).toMatch(new RegExp(`^Self=1-[0-9a-f]{8}-[0-9a-f]{24};${root}$`));
  });

  test('is cut when it is silent for the idle timeout, and stays open while bytes come', async () => {
    const slow = await ask('/open/x?everyMs=1200');
    expect(await slow.text()).toBe('0\n1\n2\n3\n');
    const silent = await ask('/open/x?everyMs=3000');
    const read = await silent.text().catch(() => 'cut');
    expect(read === 'cut' || read === '0\n').toBe(true);
  });

  test('ends after the client keep-alive, with its next response and without a cut', async () => {
    const socket = connectTls({ port: running.ports[443], host: '127.0.0.1', rejectUnauthorized: false });
    let read = '';
    socket.on('data', (bytes: Buffer) => (read += bytes.toString('latin1')));
    const end = once(socket, 'close');
    const say = (path: string): boolean => socket.write(`GET ${path} HTTP/1.1\r\nhost: ${HOST}\r\n\r\n`);
    // This response takes longer than the connection may last.
    say('/open/x?everyMs=400');
    await until(() => read.includes('\r\n0\r\n\r\n'));
    expect(read).toContain('3\n');
    expect(read).not.toContain('connection: close');
    say('/open/x');
    await end;
    expect(read).toContain('connection: close');
  });

  test('is at least TLS 1.2, and supports HTTP/2', () => {
    const address = `127.0.0.1:${running.ports[443]}`;
    const handshake = (...flags: string[]) =>
      Bun.spawnSync(['openssl', 's_client', '-connect', address, ...flags], { stdin: new Blob(['']) });
    expect(handshake('-tls1_1').stdout.toString()).toContain('Cipher is (NONE)');
    expect(handshake('-tls1_2').stdout.toString()).toMatch(/Cipher is ECDHE-.*-GCM-/);
    expect(handshake('-tls1_3', '-alpn', 'h2').stdout.toString()).toContain('ALPN protocol: h2');
  });
});

describe('targets', () => {
  const backend = backendName(GROUP);

  test('get nothing before their first passed checks', async () => {
    const port = serveHere(() => new Response('', { status: 500 }));
    await running.control.add(backend, 'task-0', '127.0.0.1', port.port ?? 0);
    for (let looks = 0; looks < 20; looks += 1) {
      const state = (await running.control.servers()).find(({ name }) => name === 'task-0')?.status;
      expect(state).toBeOneOf(['initial', 'unhealthy', 'rising']);
      expect(await status('/open/x')).toBe(200);
    }
    await running.control.remove(backend, 'task-0');
    await port.stop(true);
  });

  test('get nothing after failed checks, until they pass again', async () => {
    healthy = false;
    await waitForStatus(running, 'task-1', 'unhealthy');
    expect(await status('/open/x')).toBe(503);
    healthy = true;
    await waitForStatus(running, 'task-1', 'healthy');
    expect(await status('/open/x')).toBe(200);
  });

  test('that drain finish their responses and get nothing new', async () => {
    await addTarget(running, GROUP, 'task-2', target.port ?? 0);
    await running.control.drain(backend, 'task-1');
    await waitForStatus(running, 'task-1', 'draining');
    const stream = await ask('/open/x?everyMs=500');
    await running.control.drain(backend, 'task-2');
    expect(await status('/open/x')).toBe(503);
    expect(await stream.text()).toBe('0\n1\n2\n3\n');
  });

  test('that are removed are cut and forgotten, and may be added again', async () => {
    await addTarget(running, GROUP, 'task-3', target.port ?? 0);
    const stream = await ask('/open/x?everyMs=1000');
    await running.control.remove(backend, 'task-3');
    expect(await stream.text().catch(() => 'cut')).not.toBe('0\n1\n2\n3\n');
    expect((await running.control.servers()).map(({ name }) => name)).not.toContain('task-3');
    expect(await status('/open/x')).toBe(503);
    await addTarget(running, GROUP, 'task-3', target.port ?? 0);
    expect(await status('/open/x')).toBe(200);
    const missing = await running.control.drain(backend, 'none').catch((error: Error) => error.message);
    expect(missing).toContain('HAProxy');
  });
});
