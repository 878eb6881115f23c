import { generateKeyPair, exportJWK, exportSPKI, type JWK, type JWTPayload, SignJWT } from 'jose';
import { parseConfig, type Environment } from '../../backend/config/config.ts';
import { createCallers } from '../../backend/identity/callers.ts';
import { fixedSecret } from '../../backend/identity/secrets/secret.ts';
import { createJsonLogger } from '../../backend/observability/json-logger.ts';
import { createTestApp, json, type TestApp } from '../../backend/testing/test-app.ts';
import { serveHere } from '../support/serve-here.ts';

export const ISSUER = 'https://issuer.example';
export const JWKS_URL = 'https://issuer.example/keys';
export const AUDIENCE = 'https://lornu.example';
export const SERVICE = 'service@lornu.iam.gserviceaccount.com';
export const PEER = 'peer@lornu.iam.gserviceaccount.com';

/** A service that admits two machines by their tokens, and nobody else. */
export const MACHINES: Environment = {
  LORNU_SIGN_IN: 'required',
  A2A_TOKEN_ISSUER: ISSUER,
  A2A_TOKEN_JWKS_URL: JWKS_URL,
  A2A_TOKEN_AUDIENCE: AUDIENCE,
  A2A_ALLOWED_EMAILS: PEER,
  A2A_SERVICE_EMAILS: SERVICE,
};

export interface Signer {
  kid: string;
  privateKey: CryptoKey;
  publicJwk: JWK;
  publicPem: string;
}

/** A key pair of an issuer. */
export async function createSigner(kid: string, alg = 'RS256'): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return {
    kid,
    privateKey,
    publicJwk: { ...(await exportJWK(publicKey)), kid, use: 'sig', alg },
    publicPem: await exportSPKI(publicKey),
  };
}

/** Valid claims, with changes; `undefined` removes a claim. */
export function claims(nowMs: number, changes: JWTPayload = {}): JWTPayload {
  const iat = Math.floor(nowMs / 1000);
  return {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: '110000000000000000001',
    email: SERVICE,
    email_verified: true,
    iat,
    exp: iat + 3600,
    ...changes,
  };
}

export async function sign(
  signer: Signer,
  payload: JWTPayload,
  header: Record<string, unknown> = {},
): Promise<string> {
  return new SignJWT(payload)
    .setProtectedHeader({ alg: 'RS256', kid: signer.kid, typ: 'JWT', ...header })
    .sign(signer.privateKey, { crit: { 'x-must-know': true } });
}

export interface GuardedApp extends TestApp {
  /** Addresses that the service requested, oldest first. */
  asked: string[];
  /** The issuer's published keys; an error makes the issuer fail. */
  issuer: { keys: JWK[]; failure?: Response | Error };
  clock: { nowMs: number };
  /** Serves the same app on a socket, for requests that cannot be sent in-process. */
  listen(): { url: string; port: number; stop(): Promise<void> };
  /** Adds a session of this user, so that a turn could run. */
  addSession(userId: string, sessionId: string): Promise<void>;
}

/** The real app with required authentication, an issuer that the test controls, and a clock that it moves. */
export function createGuardedApp(keys: JWK[], environment: Environment = {}): GuardedApp {
  const asked: string[] = [];
  const logged: Record<string, unknown>[] = [];
  const issuer: GuardedApp['issuer'] = { keys };
  const clock = { nowMs: Date.now() };
  const config = parseConfig({ GOOGLE_GEMINI_BASE_URL: 'http://127.0.0.1:1', ...MACHINES, ...environment });
  const log = createJsonLogger({
    level: 'debug',
    now: () => clock.nowMs,
    write: (line) => logged.push(JSON.parse(line) as Record<string, unknown>),
  });
  const callers = createCallers(config, {
    fetch: (async (input: string | URL | Request) => {
      asked.push(input instanceof Request ? input.url : String(input));
      if (issuer.failure instanceof Error) throw issuer.failure;
      return issuer.failure?.clone() ?? Response.json({ keys: issuer.keys });
    }) as typeof fetch,
    now: () => clock.nowMs,
    newId: () => crypto.randomUUID(),
    log,
    secrets: {
      oidcClientSecret: fixedSecret(config.identity.secrets.oidcClientSecret.initial),
      sessionKey: fixedSecret(config.identity.secrets.sessionKey.initial),
    },
  });
  const app = createTestApp({ ...MACHINES, ...environment }, { callers, log });
  return {
    ...app,
    logged,
    asked,
    issuer,
    clock,
    listen() {
      const server = serveHere((request) => app.fetch(request));
      return { url: server.url.origin, port: server.port ?? 0, stop: () => server.stop(true) };
    },
    async addSession(userId, sessionId) {
      await app.services.sessions.createSession({ appName: 'lornu', userId, sessionId });
    },
  };
}

/** A request that would run a turn if it were not refused. */
export function turn(userId: string, sessionId: string, headers: Record<string, string> = {}): RequestInit {
  const init = json({
    appName: 'lornu',
    userId,
    sessionId,
    newMessage: { role: 'user', parts: [{ text: 'hi' }] },
  });
  return { ...init, headers: { 'content-type': 'application/json', ...headers } };
}

export const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

/** A request with additional headers. */
export function withHeaders(init: RequestInit, headers: Record<string, string>): RequestInit {
  const all = new Headers(headers);
  new Headers(init.headers).forEach((value, name) => all.set(name, value));
  return { ...init, headers: all };
}
