import { createHmac } from 'node:crypto';
import {
  bearer,
  claims,
  createGuardedApp,
  createSigner,
  type GuardedApp,
  PEER,
  SERVICE,
  sign,
  type Signer,
} from './kit.ts';

export interface TokenCase {
  name: string;
  headers: (kit: TokenKit) => Promise<Record<string, string>> | Record<string, string>;
  /** The error text for the caller; undefined if no token was sent. */
  description?: string;
  status?: number;
  code?: string;
}

export interface TokenKit {
  app: GuardedApp;
  /** Published by the trusted issuer. */
  current: Signer;
  other: Signer;
  /** A key of an unknown issuer. */
  attacker: Signer;
  es384: Signer;
  ps256: Signer;
}

export type TokenSigners = Omit<TokenKit, 'app'>;

/** Key pairs of the issuer, and of an attacker. */
export async function createTokenSigners(): Promise<TokenSigners> {
  const [current, other, attacker, es384, ps256] = await Promise.all([
    createSigner('k1'),
    createSigner('k2'),
    createSigner('k9'),
    createSigner('k3', 'ES384'),
    createSigner('k4', 'PS256'),
  ]);
  return { current, other, attacker, es384, ps256 };
}

/** A new app whose issuer publishes all keys but the attacker's. */
export function createTokenKit(signers: TokenSigners): TokenKit {
  const { current, other, es384, ps256 } = signers;
  const app = createGuardedApp([current, other, es384, ps256].map(({ publicJwk }) => publicJwk));
  return { app, ...signers };
}

const SIGNATURE = "The token's signature cannot be verified";
const ALGORITHM = 'The token is signed with an algorithm that is not accepted';
const MALFORMED = 'The token is not a signed JWT';
const ONE_BEARER = 'The Authorization header must be one Bearer token';
const HEADER = 'The token names keys or extensions in its header, which is not accepted';
const ISSUER = 'The token is from an issuer that is not trusted here';
const AUDIENCE = 'The token is for another audience';
const CLAIMS = 'The token lacks a claim that is needed';
const TYPE = 'The token is of another type';

const base64url = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const unsigned = (kit: TokenKit, alg: string) =>
  `${base64url({ alg, kid: kit.current.kid })}.${base64url(claims(kit.app.clock.nowMs))}.`;
const valid = (kit: TokenKit, changes = {}, header = {}) =>
  sign(kit.current, claims(kit.app.clock.nowMs, changes), header);
const seconds = (kit: TokenKit) => Math.floor(kit.app.clock.nowMs / 1000);

function withClaims(name: string, changes: (kit: TokenKit) => object, description: string): TokenCase {
  return { name, description, headers: async (kit) => bearer(await valid(kit, changes(kit))) };
}

function withHeader(name: string, header: (kit: TokenKit) => object, description: string): TokenCase {
  return { name, description, headers: async (kit) => bearer(await valid(kit, {}, header(kit))) };
}

/** Signed with HMAC, with the public key as secret: accepted if the algorithm is taken from the token. */
function confusedToken(kit: TokenKit): string {
  const input = `${base64url({ alg: 'HS256', kid: kit.current.kid, typ: 'JWT' })}.${base64url(claims(kit.app.clock.nowMs))}`;
  return `${input}.${createHmac('sha256', kit.current.publicPem).update(input).digest('base64url')}`;
}

/** Tokens that must be refused with 401, with nothing run and no token in the log. */
export const REFUSED_TOKENS: TokenCase[] = [
  { name: 'no evidence at all', code: 'UNAUTHENTICATED', headers: () => ({}) },

  ...['none', 'None', 'nOnE'].map((alg): TokenCase => ({
    name: `alg ${alg}, no signature`,
    description: ALGORITHM,
    headers: (kit) => bearer(`${unsigned(kit, alg)}AA`),
  })),
  {
    name: 'alg none, empty signature',
    description: ALGORITHM,
    headers: (kit) => bearer(unsigned(kit, 'none')),
  },
  {
    name: 'HS256 with the public key as secret',
    description: ALGORITHM,
    headers: (kit) => bearer(confusedToken(kit)),
  },
  {
    name: 'PS256, a published key of the issuer',
    description: ALGORITHM,
    headers: async (kit) => bearer(await sign(kit.ps256, claims(kit.app.clock.nowMs), { alg: 'PS256' })),
  },
  {
    name: 'ES384, a published key of the issuer',
    description: ALGORITHM,
    headers: async (kit) => bearer(await sign(kit.es384, claims(kit.app.clock.nowMs), { alg: 'ES384' })),
  },

  withClaims('another audience', () => ({ aud: 'https://other.example' }), AUDIENCE),
  withClaims('no audience', () => ({ aud: undefined }), AUDIENCE),
  withClaims('an audience that begins like ours', () => ({ aud: 'https://lornu.example.evil' }), AUDIENCE),
  withClaims(
    'several audiences, ours not among them',
    () => ({ aud: ['https://a.example', 'https://b.example'] }),
    AUDIENCE,
  ),
  withClaims('another issuer', () => ({ iss: 'https://evil.example' }), ISSUER),
  withClaims('the issuer with a slash at its end', () => ({ iss: 'https://issuer.example/' }), ISSUER),
  withClaims('no issuer', () => ({ iss: undefined }), ISSUER),
  withClaims('expired', (kit) => ({ exp: seconds(kit) - 31 }), 'The token has expired'),
  withClaims(
    'expired, at the limit of the clocks',
    (kit) => ({ exp: seconds(kit) - 30 }),
    'The token has expired',
  ),
  withClaims('not valid yet', (kit) => ({ nbf: seconds(kit) + 31 }), 'The token is not valid yet'),
  withClaims('no exp', () => ({ exp: undefined }), CLAIMS),
  withClaims('issued after now', (kit) => ({ iat: seconds(kit) + 31 }), 'The token is not valid yet'),
  withClaims('issued a day ahead', (kit) => ({ iat: seconds(kit) + 86_400 }), 'The token is not valid yet'),
  withClaims('issued before there was time', () => ({ iat: -5 }), CLAIMS),
  withClaims('good for years', () => ({ exp: 1e15 }), CLAIMS),
  withClaims('good for two days', (kit) => ({ exp: seconds(kit) + 2 * 86_400 }), CLAIMS),
  withClaims('no iat', () => ({ iat: undefined }), CLAIMS),
  withClaims('no sub', () => ({ sub: undefined }), CLAIMS),
  withClaims('an empty sub', () => ({ sub: '' }), CLAIMS),
  withClaims('a sub that is no text', () => ({ sub: 7 as unknown as string }), CLAIMS),
  withClaims('exp that is no number', () => ({ exp: 'tomorrow' }), CLAIMS),
  withHeader('typ of an access token', () => ({ typ: 'at+jwt' }), TYPE),
  withHeader('typ that is a list', () => ({ typ: ['JWT'] }), TYPE),
  withHeader('typ of a logout token', () => ({ typ: 'logout+jwt' }), TYPE),
  withHeader('crit', () => ({ crit: ['x-must-know'], 'x-must-know': 1 }), HEADER),

  { name: 'garbled', description: MALFORMED, headers: () => bearer('not-a-token') },
  {
    name: 'two parts',
    description: MALFORMED,
    headers: async (kit) => bearer((await valid(kit)).split('.').slice(0, 2).join('.')),
  },
  { name: 'two dots and nothing else', description: MALFORMED, headers: () => bearer('..') },
  {
    name: 'header that is no JSON',
    description: MALFORMED,
    headers: () => bearer(`${base64url('{')}.${base64url('{}')}.AA`),
  },
  {
    name: 'claims that are no JSON',
    description: MALFORMED,
    headers: () => bearer(`${base64url({ alg: 'RS256' })}.${base64url('[')}.AA`),
  },
  {
    name: 'header without an algorithm',
    description: MALFORMED,
    headers: (kit) =>
      bearer(`${base64url({ kid: kit.current.kid })}.${base64url(claims(kit.app.clock.nowMs))}.AA`),
  },
  {
    name: 'a signature cut short',
    description: SIGNATURE,
    headers: async (kit) => bearer((await valid(kit)).slice(0, -20)),
  },
  {
    name: 'no signature',
    description: SIGNATURE,
    headers: async (kit) => bearer((await valid(kit)).replace(/[^.]+$/, '')),
  },
  {
    name: 'claims changed after signing',
    description: SIGNATURE,
    headers: async (kit) => {
      const [header, , signature] = (await valid(kit, { email: PEER })).split('.');
      return bearer(`${header}.${base64url(claims(kit.app.clock.nowMs))}.${signature}`);
    },
  },

  withHeader('an unknown kid', () => ({ kid: 'unknown' }), SIGNATURE),
  withHeader('no kid, several keys', () => ({ kid: undefined }), SIGNATURE),
  withHeader('kid of another key of the issuer', (kit) => ({ kid: kit.other.kid }), SIGNATURE),
  withHeader('kid that is a path', () => ({ kid: '../../../../dev/null' }), SIGNATURE),
  withHeader('kid that is SQL', () => ({ kid: "k1' OR '1'='1" }), SIGNATURE),
  {
    name: "the attacker's key under a trusted kid",
    description: SIGNATURE,
    headers: async (kit) =>
      bearer(await sign({ ...kit.attacker, kid: kit.current.kid }, claims(kit.app.clock.nowMs))),
  },
  {
    name: "the attacker's key and kid",
    description: SIGNATURE,
    headers: async (kit) => bearer(await sign(kit.attacker, claims(kit.app.clock.nowMs))),
  },
  ...(['jku', 'x5u'] as const).map((name): TokenCase => ({
    name: `${name} that points at the attacker`,
    description: HEADER,
    headers: async (kit) =>
      bearer(await sign(kit.attacker, claims(kit.app.clock.nowMs), { [name]: 'https://evil.example/keys' })),
  })),
  {
    name: 'jwk that brings its own key',
    description: HEADER,
    headers: async (kit) =>
      bearer(await sign(kit.attacker, claims(kit.app.clock.nowMs), { jwk: kit.attacker.publicJwk })),
  },
  withHeader('x5c beside a good signature', () => ({ x5c: ['AAAA'] }), HEADER),
  withHeader('jku beside a good signature', () => ({ jku: 'https://issuer.example/keys' }), HEADER),

  { name: 'another scheme', description: ONE_BEARER, headers: () => ({ authorization: 'Basic YTpi' }) },
  { name: 'an empty token', description: ONE_BEARER, headers: () => ({ authorization: 'Bearer ' }) },
  { name: 'the scheme alone', description: ONE_BEARER, headers: () => ({ authorization: 'Bearer' }) },
  {
    name: 'no scheme',
    description: ONE_BEARER,
    headers: async (kit) => ({ authorization: await valid(kit) }),
  },
  {
    name: 'two tokens in one header',
    description: ONE_BEARER,
    headers: async (kit) => ({ authorization: `Bearer ${await valid(kit)}, Bearer ${await valid(kit)}` }),
  },
];

/** Valid tokens of callers that are not on the list: 403, so that they know that the token itself is good. */
export const FORBIDDEN_TOKENS: TokenCase[] = [
  withClaims(
    'an e-mail that is on no list',
    () => ({ email: 'stranger@lornu.iam.gserviceaccount.com' }),
    'This caller is not on the list of machines',
  ),
  withClaims(
    'an e-mail that the issuer does not vouch for',
    () => ({ email_verified: false }),
    'This caller is not on the list of machines',
  ),
  withClaims(
    'a sub that is spelled like an e-mail of the list',
    () => ({ sub: SERVICE, email: undefined, email_verified: undefined }),
    'This caller is not on the list of machines',
  ),
  withClaims(
    'the same beside an e-mail of its own that is not verified',
    () => ({ sub: SERVICE, email: 'x@y.example', email_verified: false }),
    'This caller is not on the list of machines',
  ),
  withClaims(
    'an e-mail that is a list',
    () => ({ email: [SERVICE] }),
    'This caller is not on the list of machines',
  ),
  withClaims(
    'no e-mail',
    () => ({ email: undefined, email_verified: undefined }),
    'This caller is not on the list of machines',
  ),
];

/** Similar tokens that must be accepted: without them a service that refuses everything would pass. */
export const ACCEPTED_TOKENS: TokenCase[] = [
  withClaims('as Google makes them', () => ({}), ''),
  withClaims(
    'ours among several audiences',
    () => ({ aud: ['https://other.example', 'https://lornu.example'] }),
    '',
  ),
  withClaims('expired within the tolerance of clocks', (kit) => ({ exp: seconds(kit) - 29 }), ''),
  withClaims('issued within the tolerance of clocks', (kit) => ({ iat: seconds(kit) + 30 }), ''),
  withClaims('valid from half a minute on', (kit) => ({ nbf: seconds(kit) + 30 }), ''),
  withClaims('claims that nobody asked for', () => ({ scope: 'a b', jti: 'x', hd: 'lornu.ai' }), ''),
  withClaims('an e-mail in capitals', () => ({ email: SERVICE.toUpperCase() }), ''),
  withHeader('no typ', () => ({ typ: undefined }), ''),
  withHeader('typ in other letters', () => ({ typ: 'application/jwt' }), ''),
  {
    name: 'the second published key',
    headers: async (kit) => bearer(await sign(kit.other, claims(kit.app.clock.nowMs))),
  },
  {
    name: 'the scheme in small letters',
    headers: async (kit) => ({ authorization: `bearer ${await valid(kit)}` }),
  },
];
