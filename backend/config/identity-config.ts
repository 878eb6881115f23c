import type { JWK } from 'jose';
import { z } from 'zod';
import type { Variables } from './variables.ts';

/** Who may call, and how callers authenticate. */
export interface CallersConfig {
  /** False: no authentication, everyone is the local caller. */
  readonly required: boolean;
  readonly tokens: {
    readonly issuer: string;
    readonly jwksUrl: string;
    readonly audience: string | undefined;
    /** Callers that may act for any user. */
    readonly services: readonly string[];
    readonly peers: readonly string[];
    /** May use the operator's API, and nothing else. */
    readonly operators: readonly string[];
  };
  readonly signIn:
    | {
        readonly issuer: string;
        readonly clientId: string;
        readonly allowedDomains: readonly string[];
        readonly allowedEmails: readonly string[];
      }
    | undefined;
  readonly mutualTls:
    | { readonly kind: 'off' }
    | { readonly kind: 'alb'; readonly port: number }
    | {
        readonly kind: 'native';
        readonly port: number;
        readonly certificateFile: string;
        readonly keyFile: string;
        readonly authoritiesFile: string;
      };
  /** Peer's e-mail address by the name in its client certificate (`URI:…` or `DNS:…`). */
  readonly certificatePeers: Readonly<Record<string, string>>;
  /** Apps whose `app:` state people may change. */
  readonly appStateFromPeople: readonly string[];
  readonly limits: {
    readonly requestsPerMinute: number;
    readonly streams: number;
    readonly tokensPerDay: number;
  };
}

/** Our identity at AWS. */
export interface AwsConfig {
  readonly region: string;
  readonly credentialsUrl: string | undefined;
  readonly authorizationToken: string | undefined;
  readonly authorizationTokenFile: string | undefined;
  readonly secretsManagerUrl: string | undefined;
}

/** Our identity at Google. */
export type GoogleConfig =
  | {
      readonly kind: 'federation';
      readonly provider: string;
      readonly serviceAccountEmail: string;
      readonly endpoints: { readonly sts: string; readonly iamCredentials: string } | undefined;
    }
  | { readonly kind: 'service-account-key'; readonly tokenUrl: string | undefined }
  | { readonly kind: 'none' };

/** A secret's initial value and where a newer value is read; empty if the secret is not used. */
export interface SecretConfig {
  readonly initial: string;
  readonly arn: string | undefined;
}

export interface SecretsConfig {
  readonly geminiApiKey: SecretConfig;
  readonly gcpServiceAccountKey: SecretConfig;
  readonly oidcClientSecret: SecretConfig;
  readonly sessionKey: SecretConfig;
  readonly a2aSigningKey: SecretConfig;
}

export interface IdentityConfig {
  readonly callers: CallersConfig;
  readonly aws: AwsConfig;
  readonly google: GoogleConfig;
  readonly secrets: SecretsConfig;
  /** Where webhooks of tasks may be called. */
  readonly pushNotifications: 'off' | 'public' | 'loopback';
  readonly peer: PeerConfig | undefined;
}

/** The peer: the agent that ours may ask over A2A. */
export interface PeerConfig {
  readonly url: string;
  readonly audience: string;
  /** Public keys, one of which must have signed the peer's card. Undefined: signatures are not checked. */
  readonly cardKeys: readonly JWK[] | undefined;
  readonly withinMs: number;
  /** Whether the peer answers a turn that Gemini refuses before its first word. */
  readonly fallback: boolean;
}

/** Builds the identity part of the configuration. The variables have passed identity-rules.ts. */
export function toIdentityConfig(v: Variables): IdentityConfig {
  return {
    callers: toCallers(v),
    aws: toAws(v),
    google: toGoogle(v),
    secrets: toSecrets(v),
    pushNotifications: v.A2A_PUSH_NOTIFICATIONS,
    peer: toPeer(v),
  };
}

function toCallers(v: Variables): CallersConfig {
  return {
    required: isSignInRequired(v),
    tokens: {
      issuer: v.A2A_TOKEN_ISSUER,
      jwksUrl: v.A2A_TOKEN_JWKS_URL,
      audience: v.A2A_TOKEN_AUDIENCE ?? v.LORNU_PUBLIC_URL,
      services: toList(v.A2A_SERVICE_EMAILS),
      peers: toList(v.A2A_ALLOWED_EMAILS),
      operators: toList(v.LORNU_OPERATOR_EMAILS),
    },
    signIn:
      v.OIDC_CLIENT_ID === undefined
        ? undefined
        : {
            issuer: v.OIDC_ISSUER,
            clientId: v.OIDC_CLIENT_ID,
            allowedDomains: toList(v.OIDC_ALLOWED_DOMAINS),
            allowedEmails: toList(v.OIDC_ALLOWED_EMAILS),
          },
    mutualTls: toMutualTls(v),
    certificatePeers: toCertificatePeers(v.A2A_ALLOWED_CERTIFICATES),
    appStateFromPeople: splitList(v.LORNU_APP_STATE_FROM_PEOPLE),
    limits: {
      requestsPerMinute: v.LORNU_LIMIT_REQUESTS_PER_MINUTE,
      streams: v.LORNU_LIMIT_STREAMS,
      tokensPerDay: v.LORNU_LIMIT_TOKENS_PER_DAY,
    },
  };
}

/** Staging requires authentication. A local service, reachable from this machine only, does not unless configured. */
export function isSignInRequired(v: Variables): boolean {
  return (v.LORNU_SIGN_IN ?? (v.LORNU_ENVIRONMENT === 'staging' ? 'required' : 'open')) === 'required';
}

function toMutualTls(v: Variables): CallersConfig['mutualTls'] {
  const { A2A_MUTUAL_TLS: kind, A2A_MUTUAL_TLS_PORT: port } = v;
  if (kind === 'off') return { kind };
  if (kind === 'alb') return { kind, port };
  return {
    kind,
    port,
    certificateFile: v.A2A_MUTUAL_TLS_CERTIFICATE_FILE ?? '',
    keyFile: v.A2A_MUTUAL_TLS_KEY_FILE ?? '',
    authoritiesFile: v.A2A_MUTUAL_TLS_AUTHORITIES_FILE ?? '',
  };
}

/** The name is the part before the last `=`: a URI may itself contain one. */
function toCertificatePeers(text: string | undefined): Record<string, string> {
  return Object.fromEntries(
    splitList(text).map((pair) => {
      const at = pair.lastIndexOf('=');
      return [pair.slice(0, at), pair.slice(at + 1).toLowerCase()];
    }),
  );
}

/** Endpoint at which ECS provides a task role's credentials. */
const ECS_CREDENTIALS = 'http://169.254.170.2';

function toPeer(v: Variables): PeerConfig | undefined {
  const url = v.A2A_PEER_URL;
  if (url === undefined) return undefined;
  return {
    url,
    audience: v.A2A_PEER_AUDIENCE ?? new URL(url).origin,
    cardKeys: v.A2A_PEER_CARD_KEYS === undefined ? undefined : parseCardKeys(v.A2A_PEER_CARD_KEYS),
    withinMs: v.A2A_PEER_TIMEOUT_MS,
    fallback: v.A2A_PEER_FALLBACK === '1',
  };
}

const CARD_KEYS = z.object({
  keys: z
    .array(
      // Strict, so that a private key (`d`) is refused.
      z.strictObject({
        kty: z.literal('EC'),
        crv: z.literal('P-256'),
        kid: z.string().min(1),
        x: z.base64url(),
        y: z.base64url(),
        use: z.literal('sig').optional(),
        alg: z.literal('ES256').optional(),
      }),
    )
    .min(1),
});

/** Parses a JSON Web Key Set; undefined if it is not one. */
export function parseCardKeys(json: string): JWK[] | undefined {
  try {
    return CARD_KEYS.parse(JSON.parse(json)).keys;
  } catch {
    return undefined;
  }
}

function toAws(v: Variables): AwsConfig {
  const relative = v.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI;
  return {
    region: v.AWS_REGION ?? v.LORNU_REGION,
    credentialsUrl:
      relative === undefined ? v.AWS_CONTAINER_CREDENTIALS_FULL_URI : `${ECS_CREDENTIALS}${relative}`,
    authorizationToken: v.AWS_CONTAINER_AUTHORIZATION_TOKEN,
    authorizationTokenFile: v.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE,
    secretsManagerUrl: v.AWS_ENDPOINT_URL_SECRETS_MANAGER,
  };
}

function toGoogle(v: Variables): GoogleConfig {
  if (v.GCP_SERVICE_ACCOUNT_KEY) return { kind: 'service-account-key', tokenUrl: v.GOOGLE_TOKEN_URL };
  if (!v.GOOGLE_WORKLOAD_IDENTITY_AUDIENCE) return { kind: 'none' };
  return {
    kind: 'federation',
    provider: v.GOOGLE_WORKLOAD_IDENTITY_AUDIENCE,
    serviceAccountEmail: v.GOOGLE_SERVICE_ACCOUNT_EMAIL ?? '',
    endpoints:
      v.GOOGLE_STS_URL && v.GOOGLE_IAM_CREDENTIALS_URL
        ? { sts: v.GOOGLE_STS_URL, iamCredentials: v.GOOGLE_IAM_CREDENTIALS_URL }
        : undefined,
  };
}

function toSecrets(v: Variables): SecretsConfig {
  const oidcArn = v.LORNU_SECRET_ARN_OIDC_CLIENT;
  return {
    geminiApiKey: { initial: v.GEMINI_API_KEY ?? '', arn: v.LORNU_SECRET_ARN_GEMINI_API_KEY },
    gcpServiceAccountKey: {
      initial: v.GCP_SERVICE_ACCOUNT_KEY ?? '',
      arn: v.LORNU_SECRET_ARN_GCP_SERVICE_ACCOUNT,
    },
    oidcClientSecret: {
      initial: v.OIDC_CLIENT_SECRET ?? '',
      // The secret holds id and secret as JSON; ECS uses the same suffix to pick one key.
      arn: oidcArn === undefined ? undefined : `${oidcArn}:client_secret::`,
    },
    sessionKey: { initial: v.SESSION_KEY ?? '', arn: v.LORNU_SECRET_ARN_SESSION_KEY },
    a2aSigningKey: { initial: v.A2A_SIGNING_KEY ?? '', arn: v.LORNU_SECRET_ARN_A2A_SIGNING_KEY },
  };
}

/** Entries of a comma-separated list, in lower case: e-mail addresses and domains are compared that way. */
export function toList(text: string | undefined): string[] {
  return splitList(text).map((entry) => entry.toLowerCase());
}

export function splitList(text: string | undefined): string[] {
  return (text ?? '').split(',').flatMap((entry) => entry.trim() || []);
}
