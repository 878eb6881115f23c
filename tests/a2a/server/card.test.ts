import { afterAll, describe, expect, test } from 'bun:test';
import { AgentCard, verifyAgentCardSignature } from '@a2a-js/sdk';
import { importJWK, type JWK } from 'jose';
import { generateKeyPairSync } from 'node:crypto';
import { CardSigner } from '../../../backend/a2a/card/sign-card.ts';
import { fixedSecret } from '../../../backend/identity/secrets/secret.ts';
import { PEER, startIssuer } from './issuer.ts';
import { rpc } from './rpc.ts';
import { openFixture } from './fixture.ts';

const newKey = () =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });
const PUBLIC_URL = 'https://agent.lornu.example';
const V1 = { 'a2a-version': '1.0' };

/** Changes while the service runs, like a rotated secret. */
let key = newKey();
const fixture = await openFixture();
const issuer = await startIssuer();
const served = fixture.serve({
  environment: {
    ...issuer.environment,
    LORNU_PUBLIC_URL: `${PUBLIC_URL}/`,
    A2A_ALLOWED_CERTIFICATES: `DNS:a.example=${PEER}`,
    A2A_MUTUAL_TLS: 'alb',
  },
  services: { signer: new CardSigner({ ...fixedSecret(''), current: () => key }) },
});
const peer = await issuer.headersOf(PEER);
afterAll(async () => {
  await fixture.close();
  await issuer.stop();
});

const PATHS = [
  '/a2a/lornu/.well-known/agent-card.json',
  '/a2a/lornu/.well-known/agent.json',
  '/.well-known/agent-card.json',
  '/.well-known/agent.json',
];
const [PATH = ''] = PATHS;

const cardOf = async (path = PATH, headers: Record<string, string> = V1): Promise<AgentCard> =>
  AgentCard.fromJSON(await (await fetch(`${served.url}${path}`, { headers })).json());

/** Verifies as a client does that pins a service's keys. */
async function verify(card: AgentCard): Promise<void> {
  const { keys } = (await (await fetch(`${served.a2aUrl}/.well-known/jwks.json`)).json()) as { keys: JWK[] };
  await verifyAgentCardSignature(async (kid) => {
    const found = keys.find((one) => one.kid === kid);
    if (!found) throw new Error('unknown key');
    return (await importJWK(found, 'ES256')) as CryptoKey;
    // The SDK expects the JSON of a card here; in the decoded form the security schemes would be lost.
  })(AgentCard.toJSON(card) as AgentCard);
}

describe('the agent card', () => {
  test('has the configured address, whatever a request says', async () => {
    const headers = {
      ...V1,
      host: 'localhost',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'http',
    };
    for (const path of PATHS) {
      const card = await cardOf(path, headers);
      expect(
        card.supportedInterfaces.map(
          ({ url, protocolBinding, protocolVersion }) => `${url} ${protocolBinding} ${protocolVersion}`,
        ),
      ).toEqual([
        `${PUBLIC_URL}/a2a/lornu JSONRPC 1.0`,
        `${PUBLIC_URL}/a2a/lornu HTTP+JSON 1.0`,
        `${PUBLIC_URL}/a2a/lornu JSONRPC 0.3`,
        `${PUBLIC_URL}/a2a/lornu HTTP+JSON 0.3`,
      ]);
    }
  });

  test('has another form for clients that name no version', async () => {
    const strict = await (await fetch(`${served.url}${PATH}`, { headers: V1 })).json();
    const hybrid = await (await fetch(`${served.url}${PATH}`)).json();
    expect(strict).not.toHaveProperty('url');
    expect(hybrid).toMatchObject({
      protocolVersion: '0.3.0',
      url: `${PUBLIC_URL}/a2a/lornu`,
      preferredTransport: 'JSONRPC',
      supportedInterfaces: expect.any(Array),
      supportsAuthenticatedExtendedCard: true,
      securitySchemes: {
        idToken: { type: 'http', scheme: 'bearer' },
        clientCertificate: { type: 'mutualTLS' },
      },
      security: [{ idToken: [] }, { openId: [] }, { clientCertificate: [] }],
    });
  });

  test('declares exactly the required authentication', async () => {
    const { securitySchemes, securityRequirements, capabilities } = await cardOf();
    expect(Object.keys(securitySchemes)).toEqual(['idToken', 'openId', 'clientCertificate']);
    expect(securityRequirements.map(({ schemes }) => Object.keys(schemes))).toEqual([
      ['idToken'],
      ['openId'],
      ['clientCertificate'],
    ]);
    expect(capabilities).toMatchObject({
      streaming: true,
      pushNotifications: false,
      extendedAgentCard: true,
    });
    const open = fixture.serve();
    const openCard = AgentCard.fromJSON(await (await fetch(`${open.url}${PATH}`, { headers: V1 })).json());
    expect([openCard.securitySchemes, openCard.securityRequirements, openCard.signatures]).toEqual([
      {},
      [],
      [],
    ]);
    expect((await fetch(`${open.a2aUrl}/.well-known/jwks.json`)).status).toBe(404);
  });

  test('contains no instructions, models and tools; the extended card lists tools for authenticated callers', async () => {
    for (const path of PATHS) {
      const text = JSON.stringify(await (await fetch(`${served.url}${path}`)).json());
      expect(text).not.toMatch(/You are Lornu|Answer briefly|gemini|save_note/i);
    }
    const { result } = await rpc(served.a2aUrl, 'GetExtendedAgentCard', {}, { headers: peer });
    const extended = AgentCard.fromJSON(result);
    expect(extended.skills.map(({ name }) => name)).toContain('save_note');
    expect(JSON.stringify(extended)).not.toMatch(/You are Lornu|Answer briefly|gemini/i);
    await verify(extended);
    const inRest = await fetch(`${served.a2aUrl}/extendedAgentCard`, { headers: { ...V1, ...peer } });
    expect(await inRest.json()).toEqual({ ...result, signatures: expect.any(Array) });
    const legacy = await rpc(
      served.a2aUrl,
      'agent/getAuthenticatedExtendedCard',
      {},
      { version: '0.3', headers: peer },
    );
    expect(legacy.result).toMatchObject({ url: `${PUBLIC_URL}/a2a/lornu`, preferredTransport: 'JSONRPC' });
    expect((await fetch(`${served.a2aUrl}/v1/card`, { headers: peer })).status).toBe(200);
  });

  test('may be cached: ETag, age, and Vary', async () => {
    const first = await fetch(`${served.url}${PATH}`, { headers: V1 });
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[\w-]{22}"$/);
    expect([first.headers.get('vary'), first.headers.get('cache-control')]).toEqual([
      'A2A-Version',
      'public, max-age=300',
    ]);
    for (const known of [etag, `W/${etag}`, `"x", ${etag}`]) {
      const again = await fetch(`${served.url}${PATH}`, { headers: { ...V1, 'if-none-match': known } });
      expect([again.status, await again.text()]).toEqual([304, '']);
    }
    expect((await fetch(`${served.url}${PATH}`, { headers: { 'if-none-match': etag } })).status).toBe(200);
  });

  test('is not served in an unsupported version, nor for an unknown app', async () => {
    expect((await fetch(`${served.url}${PATH}`, { headers: { 'a2a-version': '2.0' } })).status).toBe(400);
    expect((await fetch(`${served.url}/a2a/none/.well-known/agent-card.json`)).status).toBe(404);
  });
});

describe('its signature', () => {
  test('passes the check of the SDK with the published key, in both forms of the card', async () => {
    const card = await cardOf();
    const [signature] = card.signatures;
    const header = JSON.parse(Buffer.from(signature?.protected ?? '', 'base64url').toString());
    expect(header).toEqual({
      alg: 'ES256',
      typ: 'JOSE',
      kid: expect.any(String),
      jku: `${PUBLIC_URL}/a2a/lornu/.well-known/jwks.json`,
    });
    await verify(card);
  });

  test.each([
    [
      'its address',
      (card: AgentCard) => ({
        ...card,
        supportedInterfaces: card.supportedInterfaces.map((one) => ({ ...one, url: 'https://evil.example' })),
      }),
    ],
    ['its description', (card: AgentCard) => ({ ...card, description: `${card.description}!` })],
    ['its schemes', (card: AgentCard) => ({ ...card, securitySchemes: {} })],
  ])('does not fit a card that was changed in %s', async (_what, change) => {
    const changed = change(await cardOf());
    expect(verify(changed)).rejects.toThrow();
  });

  test('uses the new key after a rotation; a cached card can still be checked with the old key', async () => {
    const old = await cardOf();
    key = newKey();
    const fresh = await cardOf();
    expect(fresh.signatures[0]?.protected).not.toBe(old.signatures[0]?.protected);
    await verify(fresh);
    await verify(old);
    const { keys } = (await (await fetch(`${served.a2aUrl}/.well-known/jwks.json`)).json()) as {
      keys: JWK[];
    };
    expect(keys).toHaveLength(2);
    expect(JSON.stringify(keys)).not.toContain('"d"');
  });
});
