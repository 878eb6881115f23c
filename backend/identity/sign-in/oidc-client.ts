import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
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
  /** Only for an issuer on loopback. */
  allowHttp: boolean;
  fetch: typeof fetch;
}

/** What must come back unchanged from the issuer; kept sealed in the browser in between. */
export interface SignInAttempt {
  state: string;
  nonce: string;
  codeVerifier: string;
}

const TIMEOUT_S = 10;

/** Authorization code flow with PKCE at one issuer. Its addresses are discovered at the first sign-in. */
export class OidcClient {
  readonly #options: OidcClientOptions;
  #discovered: { secret: string; configuration: Promise<Configuration> } | undefined;

  constructor(options: OidcClientOptions) {
    this.#options = options;
  }

  async begin(): Promise<{ attempt: SignInAttempt; url: URL }> {
    const configuration = await this.#configuration();
    const attempt = { state: randomState(), nonce: randomNonce(), codeVerifier: randomPKCECodeVerifier() };
    const url = buildAuthorizationUrl(configuration, {
      redirect_uri: this.#options.redirectUri,
      scope: 'openid email profile',
      state: attempt.state,
      nonce: attempt.nonce,
      code_challenge: await calculatePKCECodeChallenge(attempt.codeVerifier),
      code_challenge_method: 'S256',
    });
    return { attempt, url };
  }

  /** Redeems the code that the browser brought; the ID token's signature, nonce and the state are checked. */
  async finish(query: string, { state, nonce, codeVerifier }: SignInAttempt): Promise<PersonClaims> {
    const tokens = await authorizationCodeGrant(
      await this.#configuration(),
      new URL(`${this.#options.redirectUri}${query}`),
      { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: codeVerifier, idTokenExpected: true },
    );
    const claims = tokens.claims();
    if (claims === undefined) throw new Error('the issuer answered without an ID token');
    return claims;
  }

  /** Discovers anew after a failure, and when the client secret was rotated. */
  async #configuration(): Promise<Configuration> {
    const secret = this.#options.clientSecret.current();
    if (this.#discovered?.secret !== secret)
      this.#discovered = { secret, configuration: this.#discover(secret) };
    const { configuration } = this.#discovered;
    try {
      return await configuration;
    } catch (error) {
      if (this.#discovered.configuration === configuration) this.#discovered = undefined;
      throw error;
    }
  }

  async #discover(secret: string): Promise<Configuration> {
    const { issuer, clientId, allowHttp, fetch } = this.#options;
    return discovery(new URL(issuer), clientId, undefined, ClientSecretPost(secret), {
      execute: [enableNonRepudiationChecks, ...(allowHttp ? [allowInsecureRequests] : [])],
      timeout: TIMEOUT_S,
      [customFetch]: fetch,
    });
  }
}
