import { randomBytes } from 'node:crypto';
import { importSPKI, jwtVerify } from 'jose';
import { verifyCallerIdentity } from './caller-identity.ts';
import { Refusal } from './refusal.ts';
import type { SigningKeys } from './signing-keys.ts';
import type { TaskCredentialsIssuer } from './task-credentials.ts';

export interface ServiceAccount {
  email: string;
  /** Google's numeric id: the `sub` of its tokens. */
  uniqueId: string;
  /** Public keys of its service account keys, SPKI PEM by key id; for authentication without federation. */
  publicKeys: Map<string, string>;
}

export interface FederationOptions {
  issuer: () => string;
  /** Full name of the pool's provider: //iam.googleapis.com/projects/…/providers/…. */
  provider: string;
  /** The role that the provider's attribute condition accepts: arn:aws:sts::ACCOUNT:assumed-role/ROLE. */
  allowedRole: string;
  serviceAccount: ServiceAccount;
  keys: SigningKeys;
  taskCredentials: TaskCredentialsIssuer;
  now: () => number;
}

interface AccessToken {
  principal: string;
  kind: 'federated' | 'service-account';
  scopes: string[];
  expiresAtMs: number;
}

const LIFETIME_S = 3600;

/** Google's Security Token Service and IAM Credentials, as far as a workload on AWS calls them. */
export class Federation {
  readonly #tokens = new Map<string, AccessToken>();
  readonly #options: FederationOptions;

  constructor(options: FederationOptions) {
    this.#options = options;
  }

  /** The identity of an access token; undefined if it expired or was never issued. */
  describeToken(token: string): AccessToken | undefined {
    const found = this.#tokens.get(token);
    return found !== undefined && found.expiresAtMs > this.#options.now() ? found : undefined;
  }

  /** sts.googleapis.com/v1/token (RFC 8693). */
  exchange(form: URLSearchParams): object {
    expectField(form, 'grant_type', 'urn:ietf:params:oauth:grant-type:token-exchange');
    expectField(form, 'subject_token_type', 'urn:ietf:params:aws:token-type:aws4_request');
    expectField(form, 'requested_token_type', 'urn:ietf:params:oauth:token-type:access_token');
    const { provider, taskCredentials, now, allowedRole } = this.#options;
    expectField(form, 'audience', provider);
    const arn = verifyCallerIdentity(form.get('subject_token') ?? '', provider, taskCredentials, now());
    if (arn.slice(0, arn.lastIndexOf('/')) !== allowedRole) {
      throw new Refusal(
        403,
        'unauthorized_client',
        'The given credential is rejected by the attribute condition.',
      );
    }
    return {
      access_token: this.#issue(arn, 'federated', (form.get('scope') ?? '').split(' ')),
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      token_type: 'Bearer',
      expires_in: LIFETIME_S,
    };
  }

  /** iamcredentials …/serviceAccounts/EMAIL:generateAccessToken; only for the federated role. */
  generateAccessToken(authorization: string | null, email: string, body: { scope?: string[] }): object {
    this.#expectFederated(authorization, email);
    return {
      accessToken: this.#issue(email, 'service-account', body.scope ?? []),
      // Whole seconds, as Google writes it: google-auth for Python accepts nothing else.
      expireTime: new Date(this.#options.now() + LIFETIME_S * 1000).toISOString().replace(/\.\d+Z$/, 'Z'),
    };
  }

  /** iamcredentials …/serviceAccounts/EMAIL:generateIdToken; only for the federated role. */
  async generateIdToken(
    authorization: string | null,
    email: string,
    body: { audience?: string; includeEmail?: boolean },
  ): Promise<object> {
    this.#expectFederated(authorization, email);
    if (!body.audience) throw new Refusal(400, 'INVALID_ARGUMENT', 'audience is required');
    return { token: await this.idToken(body.audience, body.includeEmail === true) };
  }

  /** oauth2.googleapis.com/token with a service account key (RFC 7523): an access token or an ID token. */
  async exchangeAssertion(assertion: string): Promise<object> {
    const { serviceAccount } = this.#options;
    const claims = await this.#verifyAssertion(assertion);
    if (typeof claims.target_audience === 'string')
      return { id_token: await this.idToken(claims.target_audience, true) };
    const scopes = typeof claims.scope === 'string' ? claims.scope.split(' ') : [];
    return {
      access_token: this.#issue(serviceAccount.email, 'service-account', scopes),
      token_type: 'Bearer',
      expires_in: LIFETIME_S,
    };
  }

  /** A service account's ID token with Google's claims. */
  async idToken(audience: string, includeEmail: boolean): Promise<string> {
    return this.idTokenFor(this.#options.serviceAccount, audience, includeEmail);
  }

  /** The same for another account: a caller that runs on Google Cloud. */
  async idTokenFor(
    serviceAccount: Pick<ServiceAccount, 'email' | 'uniqueId'>,
    audience: string,
    includeEmail: boolean,
  ): Promise<string> {
    const { issuer, keys, now } = this.#options;
    const iat = Math.floor(now() / 1000);
    return keys.sign({
      iss: issuer(),
      aud: audience,
      azp: serviceAccount.email,
      sub: serviceAccount.uniqueId,
      ...(includeEmail ? { email: serviceAccount.email, email_verified: true } : {}),
      iat,
      exp: iat + LIFETIME_S,
    });
  }

  async #verifyAssertion(assertion: string) {
    const { serviceAccount, now } = this.#options;
    for (const pem of serviceAccount.publicKeys.values()) {
      try {
        const { payload } = await jwtVerify(assertion, await importSPKI(pem, 'RS256'), {
          algorithms: ['RS256'],
          issuer: serviceAccount.email,
          audience: 'https://oauth2.googleapis.com/token',
          currentDate: new Date(now()),
        });
        return payload;
      } catch {
        // Another key may match; if none does, the error below is thrown.
      }
    }
    throw new Refusal(400, 'invalid_grant', 'Invalid JWT Signature.');
  }

  #expectFederated(authorization: string | null, email: string): void {
    const caller = this.describeToken(authorization?.replace(/^Bearer /, '') ?? '');
    if (caller === undefined)
      throw new Refusal(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.');
    const isAllowed =
      caller.kind === 'federated' &&
      caller.scopes.some((scope) => /\/auth\/(iam|cloud-platform)$/.test(scope));
    if (!isAllowed || email !== this.#options.serviceAccount.email) {
      throw new Refusal(403, 'PERMISSION_DENIED', `Permission denied on service account ${email}`);
    }
  }

  /** An access token in the form of the metadata server: for a caller that runs on Google Cloud. */
  accessTokenFor({ email }: Pick<ServiceAccount, 'email'>, scopes: string[]): object {
    const token = this.#issue(email, 'service-account', scopes);
    return { access_token: token, expires_in: LIFETIME_S, token_type: 'Bearer' };
  }

  #issue(principal: string, kind: AccessToken['kind'], scopes: string[]): string {
    const token = `ya29.stand-in-${randomBytes(24).toString('base64url')}`;
    this.#tokens.set(token, {
      principal,
      kind,
      scopes,
      expiresAtMs: this.#options.now() + LIFETIME_S * 1000,
    });
    return token;
  }
}

function expectField(form: URLSearchParams, name: string, value: string): void {
  if (form.get(name) !== value) throw new Refusal(400, 'invalid_request', `Invalid value for "${name}"`);
}
