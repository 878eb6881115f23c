import type { Action, Balancer, Listener, Rule } from '@lornu/rehearsal/load-balancer/balancer.ts';
import { startService } from '@lornu/ops/servers/agent-servers.ts';
import type { Server } from '@lornu/ops/servers/server.ts';
import { startFirestoreStandin } from '@lornu/standins/firestore/server.ts';
import { spawnGeminiStandin } from '@lornu/standins/gemini/spawn.ts';
import type { GoogleStandIn } from '@lornu/standins/google/server.ts';
import type { Target } from '@lornu/ops/verify/target.ts';
import type { JWTPayload } from 'jose';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  addTarget,
  AGENT_GROUP,
  fixed,
  forward,
  HOST,
  POLICY,
  startBalancer,
  TO_HTTPS,
  type RunningBalancer,
} from '../rehearsal/load-balancer/kit.ts';
import { startSignInGoogle } from '../support/sign-in.ts';

const ROOT = join(import.meta.dir, '../..');
export const REVISION = '1a2b3c4';
const PUBLIC_URL = `https://${HOST}`;
const SERVICE = 'verify@lornu.iam.gserviceaccount.com';

/** The real service configured as in staging, with stand-ins for Google; load balancers in front of it come and go. */
export interface VerifiedEnvironment {
  service: Server;
  google: GoogleStandIn;
  geminiUrl: string;
  token: (changes?: JWTPayload) => Promise<string>;
  stop: () => Promise<void>;
}

export async function startEnvironment(): Promise<VerifiedEnvironment> {
  const scratchDir = await mkdtemp(join(tmpdir(), 'lornu-verify-'));
  const signIn = await startSignInGoogle(PUBLIC_URL);
  const { google } = signIn;
  const firestore = await startFirestoreStandin({ databases: ['staging'] });
  const gemini = await spawnGeminiStandin();
  const service = await startService({
    root: ROOT,
    modelUrl: gemini.url,
    agentsDir: join(ROOT, 'agents'),
    scratchDir,
    env: {
      ...signIn.env,
      LORNU_REVISION: REVISION,
      // On loopback the service accepts no other Host: health checks send the second one.
      LORNU_ALLOW_ORIGINS: `${PUBLIC_URL},https://target`,
      LORNU_PAGE_DIR: join(import.meta.dir, 'page'),
      // Shorter than staging's 15 s, so that tests need not wait.
      LORNU_PING_MS: '4000',
      // It is verified many times within a minute.
      LORNU_LIMIT_REQUESTS_PER_MINUTE: '100000',
      LORNU_LIMIT_STREAMS: '200',
      LORNU_SESSION_STORE: 'firestore',
      FIRESTORE_DATABASE: 'staging',
      FIRESTORE_EMULATOR_HOST: firestore.host,
      GOOGLE_CLOUD_PROJECT: 'lornu',
      A2A_TOKEN_ISSUER: google.url,
      A2A_TOKEN_JWKS_URL: `${google.url}/oauth2/v3/certs`,
      A2A_TOKEN_AUDIENCE: PUBLIC_URL,
      A2A_SERVICE_EMAILS: SERVICE,
    },
  });
  return {
    service,
    google,
    geminiUrl: gemini.url,
    token: async (changes = {}) => {
      const iat = Math.floor(Date.now() / 1000);
      const identity = { sub: '1', email: SERVICE, email_verified: true };
      const claims = { iss: google.url, aud: PUBLIC_URL, ...identity, iat, exp: iat + 600 };
      return google.keys.sign({ ...claims, ...changes });
    },
    stop: async () => {
      await service.stop();
      await gemini.stop();
      firestore.stop();
      await google.stop();
      await rm(scratchDir, { recursive: true, force: true });
    },
  };
}

/** A short version of the load balancer of terraform/aws/staging, with changes. */
export async function balance(
  { google, service }: VerifiedEnvironment,
  change: (balancer: Balancer) => void = () => {},
): Promise<RunningBalancer> {
  const balancer = asApplied(google.url, `${google.url}/oauth2/v3/certs`);
  change(balancer);
  const running = await startBalancer(balancer, google.keys.jwks().keys);
  await addTarget(running, 'task-1', Number(new URL(service.url).port));
  return running;
}

/** The environment behind this load balancer, as seen from outside. */
export async function targetBehind(balancer: RunningBalancer, token: string): Promise<Target> {
  const at = (port: number) => ({ host: '127.0.0.1', port: balancer.ports[port] ?? 0 });
  return {
    url: new URL(PUBLIC_URL),
    connect: { https: at(443), http: at(80) },
    authority: await readFile(join(balancer.folder, 'authority.pem'), 'utf8'),
    token,
    appName: 'lornu',
    signal: new AbortController().signal,
  };
}

/** The listener whose rules decide. */
export function https({ listeners }: Balancer): Listener {
  const found = listeners.find(({ port }) => port === 443);
  if (!found) throw new Error('no listener on 443');
  return found;
}

function asApplied(issuer: string, jwksEndpoint: string): Balancer {
  const checkToken: Action = {
    type: 'jwt-validation',
    issuer,
    jwksEndpoint,
    claims: [
      { name: 'aud', format: 'single-string', values: [PUBLIC_URL] },
      { name: 'email', format: 'single-string', values: [SERVICE] },
    ],
  };
  const forged = ['X-Amzn-Mtls-Clientcert-Leaf', 'X-Amzn-Mtls-Clientcert-Subject'].map(
    (name, index): Rule => ({
      priority: index + 1,
      conditions: [{ field: 'http-header', name, values: ['*'] }],
      actions: [fixed(400, 'no')],
    }),
  );
  const rules: Rule[] = [
    ...forged,
    { priority: 10, conditions: [{ field: 'path-pattern', values: ['/health'] }], actions: [forward] },
    {
      priority: 40,
      conditions: [{ field: 'http-header', name: 'Authorization', values: ['Bearer *'] }],
      actions: [checkToken, forward],
    },
    { priority: 100, conditions: [{ field: 'path-pattern', values: ['/*'] }], actions: [forward] },
    { priority: 'default', conditions: [], actions: [fixed(401, 'no')] },
  ];
  const listener = { sslPolicy: undefined, mutualTls: { mode: 'off' as const } };
  return {
    idleTimeoutS: 10,
    clientKeepAliveS: 3_600,
    dropInvalidHeaders: true,
    http2: true,
    targetGroups: [AGENT_GROUP],
    listeners: [
      {
        ...listener,
        port: 80,
        protocol: 'HTTP',
        // A copy: the tests break it.
        rules: [{ priority: 'default', conditions: [], actions: [{ ...TO_HTTPS }] }],
      },
      {
        ...listener,
        port: 443,
        protocol: 'HTTPS',
        sslPolicy: POLICY,
        rules,
      },
    ],
  };
}
