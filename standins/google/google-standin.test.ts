import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { type GoogleStandIn, startGoogleStandIn } from './server.ts';

const REDIRECT = 'http://127.0.0.1:1/auth/callback';
let google: GoogleStandIn;

beforeAll(async () => {
  google = await startGoogleStandIn({ client: { id: 'web', secret: 'shh', redirectUris: [REDIRECT] } });
});
afterAll(() => google.stop());

const CHALLENGE = 'qjrzSW9gMiUgpUvqgEPE4_-8swvyCtfOVvg55o5S_es';
const authorize = (changes: Record<string, string> = {}) =>
  fetch(
    `${google.url}/o/oauth2/v2/auth?${new URLSearchParams({
      client_id: 'web',
      redirect_uri: REDIRECT,
      response_type: 'code',
      scope: 'openid email',
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
      state: 's',
      nonce: 'n',
      login_hint: 'ada@lornu.ai',
      ...changes,
    }).toString()}`,
    { redirect: 'manual' },
  );

const redeem = (code: string, changes: Record<string, string> = {}) =>
  fetch(`${google.url}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: REDIRECT,
      client_id: 'web',
      client_secret: 'shh',
      code_verifier: 'M25iVXpKU3puUjFaYWg3T1NDTDQtcW1ROUY5YXlwalNoc0hhakxifmZHag',
      ...changes,
    }),
  });

async function newCode(): Promise<string> {
  const target = new URL((await authorize()).headers.get('location') ?? '');
  expect(target.searchParams.get('state')).toBe('s');
  return target.searchParams.get('code') ?? '';
}

describe("the stand-in for Google's sign-in", () => {
  test("issues an ID token with Google's claims", async () => {
    const answer = (await (await redeem(await newCode())).json()) as { id_token: string };
    const { payload, protectedHeader } = await jwtVerify(
      answer.id_token,
      createLocalJWKSet(google.keys.jwks()),
    );
    expect(protectedHeader).toMatchObject({ alg: 'RS256', typ: 'JWT' });
    expect(payload).toMatchObject({
      iss: google.url,
      aud: 'web',
      azp: 'web',
      sub: '100000000000000000001',
      hd: 'lornu.ai',
      email: 'ada@lornu.ai',
      email_verified: true,
      nonce: 'n',
    });
  });

  test('accepts a code once, and only with its verifier, secret and redirect address', async () => {
    expect((await redeem(await newCode(), { code_verifier: 'other' })).status).toBe(400);
    expect((await redeem(await newCode(), { client_secret: 'other' })).status).toBe(401);
    expect((await redeem(await newCode(), { redirect_uri: 'http://127.0.0.1:1/other' })).status).toBe(400);
    const code = await newCode();
    expect((await redeem(code)).status).toBe(200);
    expect((await redeem(code)).status).toBe(400);
  });

  test('refuses an unknown client, an unknown address and a request without PKCE', async () => {
    expect((await authorize({ client_id: 'other' })).status).toBe(401);
    expect((await authorize({ redirect_uri: 'http://127.0.0.1:1/evil' })).status).toBe(400);
    expect((await authorize({ code_challenge_method: 'plain' })).status).toBe(400);
  });

  test('lets a person choose an account when none is named', async () => {
    const page = await (await authorize({ login_hint: '' })).text();
    expect(page).toContain('login_hint=ada%40lornu.ai');
    expect(page).toContain("stands in for Google's sign-in");
  });
});

describe("the stand-in for Cloud Run's metadata server", () => {
  const ask = (path: string, headers: Record<string, string> = { 'metadata-flavor': 'Google' }) =>
    fetch(`${google.url}/computeMetadata/v1/instance/service-accounts/default/${path}`, { headers });

  test('gives the agent on Google Cloud its identity, and a token for an audience', async () => {
    expect(await (await ask('?recursive=true')).json()).toMatchObject({ email: google.cloudAccount.email });
    const token = await (await ask('identity?audience=https://lornu.example&format=full')).text();
    const { payload } = await jwtVerify(token, createLocalJWKSet(google.keys.jwks()));
    expect(payload).toMatchObject({
      iss: google.url,
      aud: 'https://lornu.example',
      email: google.cloudAccount.email,
      email_verified: true,
    });
  });

  test('refuses requests that a browser could send, and requests without an audience', async () => {
    expect((await ask('identity?audience=x', {})).status).toBe(403);
    expect((await ask('identity')).status).toBe(400);
  });
});
