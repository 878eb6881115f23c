import { AwsClient, Impersonated } from 'google-auth-library';
import { createIdTokenCache } from './id-token-cache.ts';
import { type GoogleIdentity, GoogleIdentityError, SCOPES } from './google-identity.ts';
import { type AwsCredentialsSource, CredentialsError } from '../aws/task-credentials.ts';

export interface FederationOptions {
  /** Full name of the workload identity pool provider: //iam.googleapis.com/projects/NUMBER/locations/global/…. */
  provider: string;
  serviceAccountEmail: string;
  awsRegion: string;
  credentials: AwsCredentialsSource;
  now: () => number;
  /** Other addresses of Google's APIs, for rehearsals only. */
  endpoints?: { sts: string; iamCredentials: string };
}

/**
 * Workload identity federation: the task role signs GetCallerIdentity, Google's STS returns a federated token for it,
 * and with that we impersonate the service account, whose permissions apply (docs/cross-cloud-access.md). No key is
 * stored anywhere.
 */
export function createFederation(options: FederationOptions): GoogleIdentity {
  const federated = createAwsClient(options);
  const clients = new Map<string, Impersonated>();

  function serviceAccount(scopes: readonly string[]): Impersonated {
    const key = scopes.join(' ');
    let client = clients.get(key);
    if (client === undefined) {
      client = new Impersonated({
        sourceClient: federated,
        targetPrincipal: options.serviceAccountEmail,
        targetScopes: [...scopes],
        ...(options.endpoints ? { endpoint: options.endpoints.iamCredentials } : {}),
      });
      clients.set(key, client);
    }
    return client;
  }

  const federate = async () => {
    await explainFailure('federation', () => federated.getAccessToken());
  };

  return {
    kind: 'federation',
    federate,
    authClient: serviceAccount,
    async accessToken(scopes) {
      await federate();
      const { token } = await explainFailure('service-account', () =>
        serviceAccount(scopes).getAccessToken(),
      );
      if (!token) throw new GoogleIdentityError('service-account', 'Google answered without an access token');
      return token;
    },
    idToken: createIdTokenCache(async (audience) => {
      await federate();
      return explainFailure('service-account', () =>
        serviceAccount(SCOPES.cloud).fetchIdToken(audience, { includeEmail: true }),
      );
    }, options.now),
  };
}

function createAwsClient(options: FederationOptions): AwsClient {
  return new AwsClient({
    type: 'external_account',
    audience: options.provider,
    subject_token_type: 'urn:ietf:params:aws:token-type:aws4_request',
    ...(options.endpoints ? { token_url: options.endpoints.sts } : {}),
    scopes: [...SCOPES.cloud],
    // The library's own sources are environment variables and EC2 only; a credential_source beside this one is an
    // error.
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
