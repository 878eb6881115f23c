import { afterAll, afterEach, describe, expect, test } from 'bun:test';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGoogleStandIn } from '@lornu/standins/google/server.ts';
import { createAuthority } from './certificates.ts';

// A process starts from source, possibly on a busy machine.
const root = join(import.meta.dir, '../..');
let running: Bun.Subprocess<'ignore', 'pipe', 'pipe'> | undefined;

const google = await startGoogleStandIn();
const folder = await mkdtemp(join(tmpdir(), 'service-'));
afterAll(async () => {
  await google.stop();
  await rm(folder, { recursive: true });
});
afterEach(async () => {
  running?.kill();
  await running?.exited;
  running = undefined;
});

interface Line {
  message: string;
  [field: string]: unknown;
}

/** Starts the service as a separate process; resolves with its log once it listens. */
async function start(
  environment: Record<string, string>,
): Promise<{ url: string; lines: Line[]; pid: number }> {
  const child = Bun.spawn([process.execPath, 'backend/serve.ts'], {
    cwd: root,
    env: {
      PATH: process.env['PATH'] ?? '',
      PORT: '0',
      LORNU_DATA_DIR: join(folder, crypto.randomUUID()),
      GOOGLE_GEMINI_BASE_URL: 'http://127.0.0.1:1',
      ...environment,
    },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  running = child;
  const lines: Line[] = [];
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of child.stdout) {
    rest += decoder.decode(chunk, { stream: true });
    const whole = rest.split('\n');
    rest = whole.pop() ?? '';
    lines.push(...whole.map((line) => JSON.parse(line) as Line));
    const url = lines.find(({ message }) => message === 'listening')?.['url'];
    if (typeof url === 'string') return { url, lines, pid: child.pid };
  }
  throw new Error(`the service ended: ${await new Response(child.stderr).text()}`);
}

const MACHINES = () => ({
  LORNU_SIGN_IN: 'required',
  A2A_TOKEN_ISSUER: google.url,
  A2A_TOKEN_JWKS_URL: `${google.url}/oauth2/v3/certs`,
  A2A_TOKEN_AUDIENCE: 'https://lornu.example',
  A2A_SERVICE_EMAILS: google.serviceAccount.email,
});

describe('the service as a process', () => {
  test('needs no authentication on loopback, and says so', async () => {
    const { url, lines } = await start({});
    expect(lines.map(({ message }) => message)).toContain(
      'sign-in is off: everyone on this machine may use the service',
    );
    expect(url).toStartWith('http://127.0.0.1:');
    expect(await (await fetch(`${url}/api/v1/me`)).json()).toEqual({ userId: 'user', role: 'local' });
  });

  test('does not start in staging without authentication', async () => {
    const refused = await start({
      LORNU_ENVIRONMENT: 'staging',
      LORNU_REHEARSAL: '1',
      FIRESTORE_DATABASE: 'staging',
      GOOGLE_CLOUD_PROJECT: 'lornu',
      LORNU_SIGN_IN: 'open',
    }).catch((error: unknown) => String(error));
    expect(refused).toContain('LORNU_SIGN_IN must be required in staging');
    expect(await running?.exited).toBe(78);
  });

  test('admits callers with a token of a real issuer over HTTP, and nobody else', async () => {
    const { url, lines } = await start(MACHINES());
    expect(lines.map(({ message }) => message)).not.toContain(
      'sign-in is off: everyone on this machine may use the service',
    );
    expect((await fetch(`${url}/list-apps`)).status).toBe(401);
    const token = await google.federation.idToken('https://lornu.example', true);
    const answer = await fetch(`${url}/list-apps`, { headers: { authorization: `Bearer ${token}` } });
    expect([answer.status, await answer.json()]).toEqual([200, expect.any(Array)]);
    const other = await google.federation.idToken('https://other.example', true);
    expect((await fetch(`${url}/list-apps`, { headers: { authorization: `Bearer ${other}` } })).status).toBe(
      401,
    );
  });

  test('terminates TLS with client certificates itself if configured', async () => {
    const authority = await createAuthority('peers');
    const own = await authority.issue({ names: [{ type: 'ip', value: '127.0.0.1' }] });
    const peer = await authority.issue({ names: [{ type: 'url', value: 'spiffe://lornu/peer' }] });
    const files = { CERTIFICATE: own.certificate, KEY: own.key, AUTHORITIES: authority.certificate };
    const paths: Record<string, string> = {};
    for (const [name, text] of Object.entries(files)) {
      paths[`A2A_MUTUAL_TLS_${name}_FILE`] = join(folder, `${name}.pem`);
      await Bun.write(join(folder, `${name}.pem`), text);
    }
    const { lines } = await start({
      ...MACHINES(),
      ...paths,
      A2A_MUTUAL_TLS: 'native',
      A2A_MUTUAL_TLS_PORT: '0',
      A2A_ALLOWED_CERTIFICATES: 'URI:spiffe://lornu/peer=peer@lornu.iam.gserviceaccount.com',
    });
    const port = lines.find(({ message }) => message === 'listening for client certificates')?.['port'];
    const tls = { ca: authority.certificate, cert: peer.certificate, key: peer.key };
    const status = async (path: string) =>
      (await fetch(`https://127.0.0.1:${String(port)}${path}`, { tls })).status;
    expect([await status('/a2a/none/none'), await status('/list-apps')]).toEqual([404, 403]);
    const without = await fetch(`https://127.0.0.1:${String(port)}/health`, {
      tls: { ca: authority.certificate },
    }).catch(() => 'refused');
    expect(without).toBe('refused');
  });

  test('shows no secret in the process list or in its log', async () => {
    const secrets = {
      GEMINI_API_KEY: 'a-gemini-key-to-hide',
      SESSION_KEY: 'a-session-key-to-hide-of-32-characters',
      OIDC_CLIENT_SECRET: 'a-client-secret-to-hide',
    };
    const { url, lines, pid } = await start({
      ...MACHINES(),
      ...secrets,
      GOOGLE_GEMINI_BASE_URL: '',
      OIDC_CLIENT_ID: 'web',
      OIDC_ALLOWED_DOMAINS: 'lornu.ai',
      LORNU_PUBLIC_URL: 'https://lornu.example',
      LORNU_LOG_LEVEL: 'debug',
    });
    await fetch(`${url}/auth/callback?code=a-code-to-hide&state=a-state-to-hide`);
    const seen = JSON.stringify(lines) + (await readFile(`/proc/${pid}/cmdline`, 'utf8'));
    expect(seen).not.toContain('to-hide');
  });
});
