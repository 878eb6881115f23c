import { type AuthClient, AwsClient, Impersonated } from 'google-auth-library';
import { createIdTokenCache } from './id-token-cache.ts';
import { type GoogleIdentity, GoogleIdentityError, SCOPES } from './google-identity.ts';
import { type AwsCredentialsSource, CredentialsError } from '../aws/task-credentials.ts';

export interface FederationOptions {
  /** Full name of the pool's provider: //iam.googleapis.com/projects/NUMBER/locations/global/…. */
  provider: string;
  serviceAccountEmail: string;
  awsRegion: string;
  credentials: AwsCredentialsSource;
  now: () => number;
  /** Other addresses of Google's APIs, for a rehearsal only. */
  endpoints?: { sts: string; iamCredentials: string };
}

/**
 * Workload identity federation: the task role signs GetCallerIdentity, Google's STS gives an access token for
 * it, and with that the service account's ID tokens are made. No key is stored anywhere.
 */
export function createFederation(options: FederationOptions): GoogleIdentity {
  const clients = new Map<string, AwsClient>();

  function authClient(scopes: readonly string[]): AwsClient {
    const key = scopes.join(' ');
    let client = clients.get(key);
    if (client === undefined) {
      client = createAwsClient(options, scopes);
      clients.set(key, client);
    }
    return client;
  }

  const idToken = createIdTokenCache(async (audience) => {
    const sourceClient = authClient(SCOPES.cloud);
    await explainFailure('federation', () => sourceClient.getAccessToken());
    const account = new Impersonated({
      sourceClient,
      targetPrincipal: options.serviceAccountEmail,
      targetScopes: [...SCOPES.cloud],
      ...(options.endpoints ? { endpoint: options.endpoints.iamCredentials } : {}),
    });
    return explainFailure('service-account', () => account.fetchIdToken(audience, { includeEmail: true }));
  }, options.now);

  return {
    kind: 'federation',
    authClient: (scopes): AuthClient => authClient(scopes),
    async accessToken(scopes) {
      const { token } = await explainFailure('federation', () => authClient(scopes).getAccessToken());
      if (!token)
        throw new GoogleIdentityError('federation', "Google's STS answered without an access token");
      return token;
    },
    idToken,
  };
}

function createAwsClient(options: FederationOptions, scopes: readonly string[]): AwsClient {
  return new AwsClient({
    type: 'external_account',
    audience: options.provider,
    subject_token_type: 'urn:ietf:params:aws:token-type:aws4_request',
    ...(options.endpoints ? { token_url: options.endpoints.sts } : {}),
    scopes: [...scopes],
    // Its own sources stop at environment variables and EC2; a credential_source beside this one is an error.
    aws_security_credentials_supplier: {
      getAwsRegion: async () => options.awsRegion,
      getAwsSecurityCredentials: async () => {
        const { accessKeyId, secretAccessKey, sessionToken } = await options.credentials.get();
        return {
          accessKeyId,
          secretAccessKey,
          ...(sessionToken === undefined ? {} : { token: sessionToken }),
        };
      },
    },
  });
}

const HOP_FAILURES = {
  federation: "Google's STS did not take the task role's identity",
  'service-account': 'Google gave no token for the service account',
} as const;

async function explainFailure<T>(hop: keyof typeof HOP_FAILURES, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    if (cause instanceof CredentialsError)
      throw new GoogleIdentityError('task-role', cause.message, { cause });
    throw new GoogleIdentityError(hop, `${HOP_FAILURES[hop]}: ${reasonOf(cause)}`, { cause });
  }
}

/** The status and Google's own error code; never the request, which holds the signed token. */
export function reasonOf(cause: unknown): string {
  const { response, code, message } = (cause ?? {}) as {
    response?: { status?: number; data?: { error?: unknown; error_description?: unknown } };
    code?: unknown;
    message?: unknown;
  };
  const { error, error_description: description } = response?.data ?? {};
  const apiError =
    typeof error === 'object' && error !== null
      ? (error as { message?: unknown; status?: unknown })
      : undefined;
  const parts = [response?.status, apiError?.status ?? error, apiError?.message ?? description].filter(
    (part) => typeof part === 'string' || typeof part === 'number',
  );
  if (parts.length > 0) return parts.join(' ');
  if (typeof code === 'string') return code;
  return typeof message === 'string' ? message.slice(0, 200) : 'unknown reason';
}
