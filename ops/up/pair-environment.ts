import { DEFAULTS } from '@lornu/standins/google/server.ts';
import { CliError, EXIT } from '../base/cli-error.ts';

/** Variables that already give the service a Google identity, in the order in which it checks them. */
const OWN_IDENTITY = ['GCP_SERVICE_ACCOUNT_KEY', 'GOOGLE_WORKLOAD_IDENTITY_AUDIENCE'];

/** Throws if the service has a Google identity already. */
export function refuseOwnIdentity(env: Readonly<Record<string, string | undefined>>): void {
  const own = OWN_IDENTITY.find((name) => env[name]);
  if (!own) return;
  throw new CliError({
    what: '--peer cannot be combined with your own Google identity.',
    why: `${own} is set; with --peer both agents get identities from a local issuer, which Google does not accept.`,
    next: `Unset ${own}, or run without --peer.`,
    exitCode: EXIT.usage,
  });
}

/** Addresses of two agents that call each other, and of the issuer of their tokens. */
export interface Pair {
  issuer: string;
  service: string;
  peer: string;
}

const a2aAddress = (base: string): string => `${base}/a2a/lornu`;

/** Variables that make the service call the peer as our service account, and accept the peer's tokens. */
export function serviceEnvironment({ issuer, service, peer }: Pair): Record<string, string> {
  return {
    A2A_PEER_URL: a2aAddress(peer),
    A2A_TOKEN_ISSUER: issuer,
    A2A_TOKEN_JWKS_URL: `${issuer}/oauth2/v3/certs`,
    A2A_TOKEN_AUDIENCE: service,
    A2A_ALLOWED_EMAILS: DEFAULTS.cloudAccountEmail,
    GOOGLE_WORKLOAD_IDENTITY_AUDIENCE: DEFAULTS.provider,
    GOOGLE_SERVICE_ACCOUNT_EMAIL: DEFAULTS.serviceAccountEmail,
    GOOGLE_STS_URL: `${issuer}/v1/token`,
    GOOGLE_IAM_CREDENTIALS_URL: issuer,
    AWS_REGION: 'us-east-1',
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${issuer}/v2/credentials/lornu-up`,
  };
}

/** Variables that make the peer require our tokens, and call us with tokens of its metadata server. */
export function peerEnvironment({ issuer, service, peer }: Pair): Record<string, string> {
  const metadataServer = new URL(issuer).host;
  return {
    LORNU_PUBLIC_URL: peer,
    A2A_PEER_URL: a2aAddress(service),
    A2A_TOKEN_ISSUER: issuer,
    A2A_TOKEN_JWKS_URL: `${issuer}/oauth2/v3/certs`,
    A2A_TOKEN_AUDIENCE: peer,
    A2A_ALLOWED_EMAILS: DEFAULTS.serviceAccountEmail,
    GCE_METADATA_HOST: metadataServer,
    GCE_METADATA_IP: metadataServer,
  };
}
