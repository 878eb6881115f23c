import { createHash, randomBytes } from 'node:crypto';
import { Refusal } from './refusal.ts';
import type { SigningKeys } from './signing-keys.ts';

export interface Person {
  sub: string;
  email: string;
  name: string;
  /** The Workspace domain; absent for a private account. */
  hd?: string;
}

export interface OidcOptions {
  issuer: () => string;
  /** Where a browser finds the page on which a person picks an account. */
  signInUrl: () => string;
  client: { id: string; secret: string; redirectUris: string[] };
  people: Person[];
  keys: SigningKeys;
  now: () => number;
}

interface Grant {
  person: Person;
  redirectUri: string;
  nonce: string | null;
  challenge: string;
  expiresAtMs: number;
}

/** Google's sign-in for one web client: authorization code with PKCE, ID tokens with Google's claims. */
export class Oidc {
  readonly #grants = new Map<string, Grant>();
  readonly #options: OidcOptions;

  constructor(options: OidcOptions) {
    this.#options = options;
  }

  metadata(): object {
    const issuer = this.#options.issuer();
    return {
      issuer,
      authorization_endpoint: this.#options.signInUrl(),
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/oauth2/v3/certs`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      scopes_supported: ['openid', 'email', 'profile'],
      token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
      code_challenge_methods_supported: ['S256'],
      grant_types_supported: ['authorization_code', 'urn:ietf:params:oauth:grant-type:jwt-bearer'],
    };
  }

  /** The page on which a person picks an account; `login_hint` preselects it. */
  authorize(url: URL): Response {
    const query = url.searchParams;
    const { client, people } = this.#options;
    const redirectUri = query.get('redirect_uri') ?? '';
    if (query.get('client_id') !== client.id)
      throw new Refusal(401, 'invalid_client', 'The OAuth client was not found.');
    if (!client.redirectUris.includes(redirectUri))
      throw new Refusal(400, 'redirect_uri_mismatch', 'The redirect URI is not registered.');
    if (query.get('response_type') !== 'code')
      throw new Refusal(400, 'invalid_request', 'response_type must be code');
    if (!query.get('scope')?.split(' ').includes('openid'))
      throw new Refusal(400, 'invalid_scope', 'openid is needed');
    if (query.get('code_challenge_method') !== 'S256')
      throw new Refusal(400, 'invalid_request', 'PKCE with S256 is needed');
    const hint = query.get('login_hint');
    const person = people.find(({ email }) => email === hint);
    if (person === undefined) return this.#chooser(url);

    const code = `4/${randomBytes(24).toString('base64url')}`;
    this.#grants.set(code, {
      person,
      redirectUri,
      nonce: query.get('nonce'),
      challenge: query.get('code_challenge') ?? '',
      expiresAtMs: this.#options.now() + 60_000,
    });
    const target = new URL(redirectUri);
    target.searchParams.set('code', code);
    target.searchParams.set('state', query.get('state') ?? '');
    target.searchParams.set('iss', this.#options.issuer());
    return Response.redirect(target.href, 302);
  }

  #chooser(url: URL): Response {
    const links = this.#options.people.map(({ email, name }) => {
      const target = new URL(url);
      target.searchParams.set('login_hint', email);
      return `<li><a href="${escapeHtml(target.pathname + target.search)}">${escapeHtml(name)} (${escapeHtml(email)})</a></li>`;
    });
    const page = `<!doctype html><title>Sign in (stand-in for Google)</title><h1>Choose an account</h1><p>This page stands in for Google's sign-in.</p><ul>${links.join('')}</ul>`;
    return new Response(page, { headers: { 'content-type': 'text/html; charset=utf-8' } });
  }

  /** The token endpoint's authorization_code grant; a code can be used once. */
  async redeem(form: URLSearchParams, authorization: string | null): Promise<object> {
    const { client, now } = this.#options;
    const [id, secret] = readBasic(authorization) ?? [form.get('client_id'), form.get('client_secret')];
    if (id !== client.id || secret !== client.secret)
      throw new Refusal(401, 'invalid_client', 'Unauthorized');
    const code = form.get('code') ?? '';
    const grant = this.#grants.get(code);
    this.#grants.delete(code);
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (
      grant === undefined ||
      grant.expiresAtMs <= now() ||
      grant.redirectUri !== form.get('redirect_uri') ||
      grant.challenge !== challenge
    ) {
      throw new Refusal(400, 'invalid_grant', 'Bad Request');
    }
    const accessToken = `ya29.stand-in-person-${randomBytes(16).toString('base64url')}`;
    return {
      access_token: accessToken,
      expires_in: 3599,
      scope:
        'openid https://www.googleapis.com/auth/userinfo.email https://www.googleapis.com/auth/userinfo.profile',
      token_type: 'Bearer',
      id_token: await this.#idToken(grant, accessToken),
    };
  }

  async #idToken({ person, nonce }: Grant, accessToken: string): Promise<string> {
    const { issuer, client, keys, now } = this.#options;
    const iat = Math.floor(now() / 1000);
    const atHash = createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url');
    return keys.sign({
      iss: issuer(),
      azp: client.id,
      aud: client.id,
      sub: person.sub,
      ...(person.hd === undefined ? {} : { hd: person.hd }),
      email: person.email,
      email_verified: true,
      at_hash: atHash,
      ...(nonce === null ? {} : { nonce }),
      name: person.name,
      iat,
      exp: iat + 3600,
    });
  }
}

function readBasic(authorization: string | null): [string, string] | undefined {
  if (!authorization?.startsWith('Basic ')) return undefined;
  const [id = '', secret = ''] = Buffer.from(authorization.slice(6), 'base64').toString('utf8').split(':');
  return [decodeURIComponent(id), decodeURIComponent(secret)];
}

const escapeHtml = (text: string) => text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
