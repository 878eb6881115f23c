import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  buildEndSessionUrl,
  calculatePKCECodeChallenge,
  ClientSecretPost,
  type Configuration,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';
import type { Secret } from '../secrets/secret.ts';
import type { PersonClaims } from './allowed-person.ts';

export interface OidcClientOptions {
  issuer: string;
  clientId: string;
  clientSecret: Secret;
  redirectUri: string;
  /** Where the issuer redirects the browser after it has ended its own session. */
  signedOutUri: string;
  /** Only for an issuer on loopback. */
  allowHttp: boolean;
  fetch: typeof fetch;
}

/** What the issuer must return unchanged; kept in the browser, sealed, in between. */
export interface SignInAttempt {
  state: string;
  nonce: string;
  codeVerifier: string;
}

const TIMEOUT_S = 10;

/** The issuer did not respond, or not usefully: not the person's fault. */
export class IssuerUnavailableError extends Error {
  constructor(cause: unknown) {
    super('the issuer cannot be reached', { cause });
    this.name = 'IssuerUnavailableError';
  }
}

class BadAnswerError extends Error {
  constructor(status: number) {
    super(`the issuer answered ${status}`);
    this.name = 'BadAnswerError';
  }
}

/** Whether the issuer is down, rather than refusing the request. */
function isOutage(error: unknown): boolean {
  for (let one = error; one instanceof Error; one = one.cause) {
    if (one instanceof BadAnswerError) return true;
    // openid-client has a code of its own for a fetch that timed out.
    if (OUTAGE_CODES.test(String((one as { code?: unknown }).code))) return true;
  }
  return false;
}

/** Codes of openid-client, Bun and Node. */
const OUTAGE_CODES =
  /^(?:OAUTH_(?:TIMEOUT|ABORT|RESPONSE_IS_NOT_JSON)|ConnectionRefused|ConnectionClosed|FailedToOpenSocket|E(?:CONN|HOST|NET|AI_|TIMEDOUT|NOTFOUND|PIPE)\w*)$/;

/** Authorization code flow with PKCE at one issuer. Its endpoints are discovered at the first sign-in. */
export class OidcClient {
  readonly #options: OidcClientOptions;
  #discovered: { secret: string; configuration: Promise<Configuration> } | undefined;

  constructor(options: OidcClientOptions) {
    this.#options = options;
  }

  /**
   * `choosesAccount`: the issuer asks which account to use, even if it knows one. Throws IssuerUnavailableError and
   * errors of openid-client.
   */
  async begin(choosesAccount = false): Promise<{ attempt: SignInAttempt; url: URL }> {
    const configuration = await this.#configuration();
    const attempt = { state: randomState(), nonce: randomNonce(), codeVerifier: randomPKCECodeVerifier() };
    const url = buildAuthorizationUrl(configuration, {
      redirect_uri: this.#options.redirectUri,
      scope: 'openid email profile',
      state: attempt.state,
      nonce: attempt.nonce,
      code_challenge: await calculatePKCECodeChallenge(attempt.codeVerifier),
      code_challenge_method: 'S256',
      ...(choosesAccount ? { prompt: 'select_account' } : {}),
    });
    return { attempt, url };
  }

  /** Redeems the authorization code; checks the state and the ID token's signature and nonce. */
  async finish(query: string, { state, nonce, codeVerifier }: SignInAttempt): Promise<PersonClaims> {
    const configuration = await this.#configuration();
    const callback = new URL(`${this.#options.redirectUri}${query}`);
    const tokens = await authorizationCodeGrant(configuration, callback, {
      expectedState: state,
      expectedNonce: nonce,
      pkceCodeVerifier: codeVerifier,
      idTokenExpected: true,
    }).catch((error: unknown) => {
      throw isOutage(error) ? new IssuerUnavailableError(error) : error;
    });
    const claims = tokens.claims();
    if (claims === undefined) throw new Error('the issuer answered without an ID token');
    return claims;
  }

  /**
   * The issuer's logout address, which ends its own session and redirects back (OpenID Connect RP-Initiated Logout
   * 1.0); undefined if it has none, like Google, or cannot be reached.
   */
  async endSession(): Promise<string | undefined> {
    try {
      const configuration = await this.#configuration();
      return buildEndSessionUrl(configuration, {
        post_logout_redirect_uri: this.#options.signedOutUri,
      }).href;
    } catch {
      // openid-client throws if the issuer has no such endpoint.
      return undefined;
    }
  }

  /** Discovers again after a failure and after the client secret was rotated. */
  async #configuration(): Promise<Configuration> {
    const secret = this.#options.clientSecret.current();
    if (this.#discovered?.secret !== secret)
      this.#discovered = { secret, configuration: this.#discover(secret) };
    const { configuration } = this.#discovered;
    try {
      return await configuration;
    } catch (error) {
      if (this.#discovered.configuration === configuration) this.#discovered = undefined;
      throw new IssuerUnavailableError(error);
    }
  }

  async #discover(secret: string): Promise<Configuration> {
    const { issuer, clientId, allowHttp, fetch } = this.#options;
    return discovery(new URL(issuer), clientId, undefined, ClientSecretPost(secret), {
      execute: [enableNonRepudiationChecks, ...(allowHttp ? [allowInsecureRequests] : [])],
      timeout: TIMEOUT_S,
      [customFetch]: async (url, init) => {
        const response = await fetch(url, init);
        if (response.status >= 500 || response.status === 429) throw new BadAnswerError(response.status);
        return response;
      },
    });
  }
}
