import { expect, test } from 'bun:test';
import { fixedSecret } from '../secrets/secret.ts';
import { IssuerUnavailableError, OidcClient } from './oidc-client.ts';

const ISSUER = 'https://issuer.example';
const METADATA = {
  issuer: ISSUER,
  authorization_endpoint: `${ISSUER}/authorize`,
  token_endpoint: `${ISSUER}/token`,
  jwks_uri: `${ISSUER}/keys`,
};

/** A client of an issuer with this metadata and token endpoint. */
function createClient(metadata: object = {}, token: () => Response = () => new Response()): OidcClient {
  return new OidcClient({
    issuer: ISSUER,
    clientId: 'web',
    clientSecret: fixedSecret('secret'),
    redirectUri: 'https://lornu.example/auth/callback',
    signedOutUri: 'https://lornu.example/auth/signed-out',
    allowHttp: false,
    fetch: (async (url: string | URL) =>
      String(url).endsWith('/token') ? token() : Response.json({ ...METADATA, ...metadata })) as typeof fetch,
  });
}

test("signing out ends the issuer's session if the issuer supports that", async () => {
  expect(await createClient().endSession()).toBeUndefined();
  const url = new URL(
    (await createClient({ end_session_endpoint: `${ISSUER}/logout` }).endSession()) ?? 'about:blank',
  );
  expect(url.origin + url.pathname).toBe(`${ISSUER}/logout`);
  expect(Object.fromEntries(url.searchParams)).toEqual({
    client_id: 'web',
    post_logout_redirect_uri: 'https://lornu.example/auth/signed-out',
  });
});

test('the account chooser is requested when the person wants another account', async () => {
  const client = createClient();
  expect((await client.begin()).url.searchParams.has('prompt')).toBe(false);
  expect((await client.begin(true)).url.searchParams.get('prompt')).toBe('select_account');
});

const connectionRefused = (): never => {
  throw Object.assign(new Error('Unable to connect'), { code: 'ConnectionRefused' });
};
const timedOut = (): never => {
  throw new DOMException('The operation timed out.', 'TimeoutError');
};

test.each([
  ['a status of 500', () => new Response('no', { status: 500 }), true],
  ['a status of 429', () => Response.json({ error: 'slow_down' }, { status: 429 }), true],
  ['a web page', () => new Response('<html>', { headers: { 'content-type': 'text/html' } }), true],
  ['nothing: the connection is refused', connectionRefused, true],
  ['nothing in time', timedOut, true],
  ['a refusal of the code', () => Response.json({ error: 'invalid_grant' }, { status: 400 }), false],
] as const)('a token endpoint that answers with %s', async (_what, token, isOutage) => {
  const client = createClient({}, token);
  const { attempt } = await client.begin();
  const error = await client
    .finish(`?code=c&state=${attempt.state}`, attempt)
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Error);
  expect(error instanceof IssuerUnavailableError).toBe(isOutage);
});
