import { AuthClient, type gaxios, JWT } from 'google-auth-library';
import { z } from 'zod';
import type { Secret } from '../secrets/secret.ts';
import { reasonOf } from './federation.ts';
import { type GoogleIdentity, GoogleIdentityError, SCOPES } from './google-identity.ts';
import { createIdTokenCache } from './id-token-cache.ts';

const KEY_FILE = z.object({
  type: z.literal('service_account'),
  client_email: z.string(),
  private_key: z.string(),
  private_key_id: z.string().optional(),
});

export interface ServiceAccountKeyOptions {
  /** The key file's JSON; a rotated key is used from the next token on. */
  key: Secret;
  now: () => number;
  /** Another address of Google's token endpoint, for rehearsals only. */
  tokenUrl?: string;
}

/** The alternative where federation is not set up: a service account key from Secrets Manager. */
export function createServiceAccountIdentity(options: ServiceAccountKeyOptions): GoogleIdentity {
  const clients = new Map<string, RotatingKeyClient>();

  function authClient(scopes: readonly string[]): RotatingKeyClient {
    const name = scopes.join(' ');
    let client = clients.get(name);
    if (client === undefined) {
      client = new RotatingKeyClient(options, scopes);
      clients.set(name, client);
    }
    return client;
  }

  async function accessToken(scopes: readonly string[]): Promise<string> {
    const { token } = await explain(() => authClient(scopes).getAccessToken());
    if (!token) throw new GoogleIdentityError('service-account', 'Google answered without an access token');
    return token;
  }

  return {
    kind: 'service-account-key',
    async federate() {
      await accessToken(SCOPES.cloud);
    },
    authClient,
    accessToken,
    idToken: createIdTokenCache(
      async (audience) =>
        explain(() => authClient([]).withNewestKey((client) => client.fetchIdToken(audience))),
      options.now,
    ),
  };
}

/**
 * One stable client for libraries that keep theirs for ever: it forwards every call to a client with the newest key.
 */
class RotatingKeyClient extends AuthClient {
  readonly #options: ServiceAccountKeyOptions;
  readonly #scopes: readonly string[];
  #made: { from: string; client: JWT } | undefined;

  constructor(options: ServiceAccountKeyOptions, scopes: readonly string[]) {
    super();
    this.#options = options;
    this.#scopes = scopes;
  }

  #current(): JWT {
    const from = this.#options.key.current();
    if (this.#made?.from !== from) this.#made = { from, client: this.#createClient(from) };
    return this.#made.client;
  }

  #createClient(json: string): JWT {
    const key = parseKey(json);
    const client = new JWT({
      email: key.client_email,
      key: key.private_key,
      ...(key.private_key_id === undefined ? {} : { keyId: key.private_key_id }),
      scopes: [...this.#scopes],
    });
    const { tokenUrl } = this.#options;
    if (tokenUrl !== undefined) {
      // The library has Google's address built in; the assertion keeps Google as its audience.
      client.transporter.interceptors.request.add({
        resolved: async (request) => {
          request.url = new URL(tokenUrl);
          return request;
        },
      });
    }
    return client;
  }

  /** Retries a call that Google refuses once, if a newer key exists. */
  async withNewestKey<T>(call: (client: JWT) => Promise<T>): Promise<T> {
    const used = this.#options.key.current();
    try {
      return await call(this.#current());
    } catch (error) {
      if (!(await this.#options.key.refresh(used))) throw error;
      return call(this.#current());
    }
  }

  override async request<T>(options: gaxios.GaxiosOptions): Promise<gaxios.GaxiosResponse<T>> {
    return this.#current().request<T>(options);
  }

  override async getRequestHeaders(url?: string | URL): Promise<Headers> {
    return this.withNewestKey((client) => client.getRequestHeaders(url));
  }

  override async getAccessToken(): ReturnType<AuthClient['getAccessToken']> {
    return this.withNewestKey((client) => client.getAccessToken());
  }
}

function parseKey(json: string): z.output<typeof KEY_FILE> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new GoogleIdentityError('service-account', 'The service account key is not JSON');
  }
  const parsed = KEY_FILE.safeParse(value);
  if (!parsed.success)
    throw new GoogleIdentityError('service-account', 'The service account key is not a key file of Google');
  return parsed.data;
}

async function explain<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    if (cause instanceof GoogleIdentityError) throw cause;
    throw new GoogleIdentityError(
      'service-account',
      `Google did not take the service account key: ${reasonOf(cause)}`,
      { cause },
    );
  }
}
