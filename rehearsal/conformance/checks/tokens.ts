import type { JWTPayload } from 'jose';
import { theme, type Source } from '../check.ts';
import { PAGES } from '../pages.ts';
import { singleProbes } from '../scenes/single-probes.ts';
import { AUDIENCE, ISSUER } from '../stack/rules.ts';
import type { TokenShape, World } from '../world.ts';

const signature: Source = {
  page: PAGES.jwt,
  quote:
    "ALB will validate the token signature and requires two mandatory claims: 'iss' (issuer) and 'exp' (expiration).",
};
const present: Source = {
  page: PAGES.jwt,
  quote:
    "Additionally, if present in the token, ALB will also validate 'nbf' (not before) and 'iat' (issued at time) claims.",
};
const additional: Source = {
  page: PAGES.jwt,
  quote: 'You can configure up to 10 additional claims for validation.',
};
const spaced: Source = {
  page: PAGES.jwt,
  quote: 'Space-separated values: Multiple values separated by spaces (maximum 10 values)',
};
const forwards: Source = {
  page: PAGES.jwt,
  quote: 'If the token is valid, the load balancer forwards the request with token as is to the target.',
};
const rejects: Source = { page: PAGES.jwt, quote: 'Otherwise, it rejects the request.' };
const onlyRs256: Source = { page: PAGES.jwt, means: 'Only the algorithm RS256 is supported.' };

const seconds = (): number => Math.floor(Date.now() / 1000);
const good = (): JWTPayload => ({ iss: ISSUER, aud: AUDIENCE, exp: seconds() + 300, iat: seconds() - 10 });

/** The status of a request whose token differs from the valid one in these claims; undefined removes a claim. */
const withToken =
  (claims: () => JWTPayload = () => ({}), path = '/token', shape: TokenShape = {}) =>
  async (world: World): Promise<number> => {
    await world.scene(singleProbes);
    const all = Object.entries({ ...good(), ...claims() }).filter(([, value]) => value !== undefined);
    const token = await world.token(Object.fromEntries(all), shape);
    return (await world.ask(443, { path, headers: { Authorization: `Bearer ${token}` } })).status;
  };
const without = (name: string) => withToken(() => ({ [name]: undefined }));
const sent =
  (headers: Record<string, string>) =>
  async (world: World): Promise<number> =>
    (await world.ask(443, { path: '/token', headers })).status;

export const TOKENS = theme('tokens', [
  ['valid', 'a request with a valid token is forwarded', forwards, 200, withToken()],
  [
    'unchanged',
    'the target gets the token unchanged',
    forwards,
    true,
    async (world) => {
      await world.scene(singleProbes);
      const authorization = `Bearer ${await world.token(good())}`;
      const { body } = await world.ask(443, { path: '/token', headers: { Authorization: authorization } });
      return (
        (JSON.parse(body) as { headers: Record<string, string> }).headers['authorization'] === authorization
      );
    },
  ],
  ['none', 'a request without a token is refused', rejects, 401, sent({})],
  ['basic', 'another kind of authorization is refused', rejects, 401, sent({ Authorization: 'Basic eDp5' })],
  ['nonsense', 'a malformed token is refused', rejects, 401, sent({ Authorization: 'Bearer a.b.c' })],
  ['empty', 'an empty token is refused', rejects, 401, sent({ Authorization: 'Bearer ' })],
  [
    'foreign-key',
    'a token that another key has signed is refused',
    signature,
    401,
    withToken(undefined, '/token', { foreignKey: true }),
  ],
  [
    'unknown-key-id',
    'a token with an unknown key id is refused',
    signature,
    401,
    withToken(undefined, '/token', { kid: 'other' }),
  ],
  [
    'changed',
    'a token that was changed after it was signed is refused',
    signature,
    401,
    async (world) => {
      const [head, , mark] = (await world.token(good())).split('.');
      const [, other] = (await world.token({ ...good(), aud: 'second' })).split('.');
      return sent({ Authorization: `Bearer ${head}.${other}.${mark}` })(world);
    },
  ],
  [
    'unsigned',
    'a token without a signature is refused',
    signature,
    401,
    withToken(undefined, '/token', { algorithm: 'none' }),
  ],
  [
    'rs512',
    'a token signed with RS512 is refused, even with the right key',
    onlyRs256,
    401,
    withToken(undefined, '/token', { algorithm: 'RS512' }),
  ],
  [
    'es256',
    'a token signed with ES256 is refused',
    onlyRs256,
    401,
    withToken(undefined, '/token', { algorithm: 'ES256' }),
  ],
  ['no-issuer', 'a token without an issuer is refused', signature, 401, without('iss')],
  [
    'other-issuer',
    'a token of another issuer is refused',
    signature,
    401,
    withToken(() => ({ iss: 'https://evil.example' })),
  ],
  [
    'issuer-whole',
    'a token with only a part of the issuer is refused',
    signature,
    401,
    withToken(() => ({ iss: `${ISSUER}.evil.example` })),
  ],
  ['no-end', 'a token without an expiration is refused', signature, 401, without('exp')],
  ['expired', 'an expired token is refused', signature, 401, withToken(() => ({ exp: seconds() - 120 }))],
  [
    'not-yet',
    'a token that is not valid yet is refused',
    present,
    401,
    withToken(() => ({ nbf: seconds() + 600 })),
  ],
  [
    'begun',
    'a token whose "not before" time is in the past passes',
    present,
    200,
    withToken(() => ({ nbf: seconds() - 60 })),
  ],
  [
    'future',
    'a token that was issued in the future is refused',
    present,
    401,
    withToken(() => ({ iat: seconds() + 600 })),
  ],
  ['no-iat', 'a token without an "issued at" time passes', present, 200, without('iat')],
  ['no-audience', 'a token without an additional claim is refused', additional, 401, without('aud')],
  [
    'other-audience',
    'a token with another value of an additional claim is refused',
    additional,
    401,
    withToken(() => ({ aud: 'https://elsewhere.example' })),
  ],
  [
    'second-value',
    'a token with any allowed value of an additional claim passes',
    additional,
    200,
    withToken(() => ({ aud: 'second' })),
  ],
  [
    'no-additional',
    'without additional claims the audience does not matter',
    additional,
    200,
    withToken(() => ({ aud: 'any' }), '/token/bare'),
  ],
  [
    'spaced',
    'a token passes if one word of a space-separated claim matches',
    spaced,
    200,
    withToken(() => ({ scope: 'open read close' }), '/token/scope'),
  ],
  [
    'spaced-part',
    'a part of a word in a space-separated claim does not match',
    spaced,
    401,
    withToken(() => ({ scope: 'reader unread' }), '/token/scope'),
  ],
  [
    'before-action',
    'the token is validated before the action of the rule',
    { page: PAGES.actions, means: 'The routing action is the last action to be performed.' },
    [401, 200],
    async (world) => [
      (await world.ask(443, { path: '/token/fixed' })).status,
      await withToken(undefined, '/token/fixed')(world),
    ],
  ],
]);
