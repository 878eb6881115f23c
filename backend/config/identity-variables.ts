import { z } from 'zod';
import { flag, httpUrl, port, positiveInt, variable, type VariableMeaning } from './variable.ts';

const list = (of: string): VariableMeaning['form'] => `${of} separated by commas`;
const text = (meaning: string, form: string) => variable(z.string().optional(), { meaning, form });
const secret = (meaning: string, form: string) =>
  variable(z.string().optional(), { meaning, form, secret: true });
const secretArn = (what: string) =>
  text(
    `Secret from which ${what} is read again every 30 s, so that a rotated one needs no restart.`,
    "a secret's ARN",
  );
const address = (meaning: string) =>
  variable(httpUrl.optional(), { meaning, form: 'an http:// or https:// URL' });

/** Who may call, our identity at AWS and Google, and the limits of each caller. */
export const IDENTITY_VARIABLES = {
  LORNU_SIGN_IN: variable(z.enum(['open', 'required']).optional(), {
    meaning: 'Whether callers must show who they are. Default: open locally, required in staging.',
    form: 'open or required',
  }),

  OIDC_ISSUER: variable(httpUrl.default('https://accounts.google.com'), {
    meaning: 'OpenID Connect issuer that signs people in.',
    form: 'an http:// or https:// URL',
  }),
  OIDC_CLIENT_ID: text('Our client id at that issuer; without it nobody can sign in.', 'a client id'),
  OIDC_CLIENT_SECRET: secret('The secret of that client.', 'a client secret'),
  OIDC_ALLOWED_DOMAINS: text('Domains whose accounts may sign in.', list('domains')),
  OIDC_ALLOWED_EMAILS: text('Single accounts that may sign in beside the domains.', list('e-mail addresses')),
  SESSION_KEY: secret(
    'Seals the cookies of signed-in people; after a comma an older key that still opens them.',
    'at least 32 random characters',
  ),

  A2A_TOKEN_ISSUER: variable(httpUrl.default('https://accounts.google.com'), {
    meaning: 'Issuer of the ID tokens that machines call with, exactly as in iss.',
    form: 'an http:// or https:// URL',
  }),
  A2A_TOKEN_JWKS_URL: variable(httpUrl.default('https://www.googleapis.com/oauth2/v3/certs'), {
    meaning: "Where that issuer's public keys are.",
    form: 'an http:// or https:// URL',
  }),
  A2A_TOKEN_AUDIENCE: text(
    'Audience that tokens must be made for. Default: LORNU_PUBLIC_URL.',
    'an audience',
  ),
  A2A_ALLOWED_EMAILS: text(
    'Service accounts that may call over A2A, as themselves.',
    list('e-mail addresses'),
  ),
  A2A_SERVICE_EMAILS: text(
    'Service accounts that may act for any user, over REST too.',
    list('e-mail addresses'),
  ),
  LORNU_OPERATOR_EMAILS: text(
    "Service accounts that may use the operator's API, and nothing else.",
    list('e-mail addresses'),
  ),
  A2A_PEER_URL: address('A2A address of the peer on Google Cloud.'),
  A2A_SIGNING_KEY: secret(
    'Signs the agent cards; they are unsigned without it.',
    'a private key of the curve P-256, PKCS #8 PEM',
  ),
  A2A_PUSH_NOTIFICATIONS: variable(z.enum(['off', 'public', 'loopback']).default('off'), {
    meaning:
      'Whether peers may have webhooks called: nowhere, on the internet, or (for trying it out) on this machine alone.',
    form: 'off, public or loopback',
  }),
  A2A_PEER_AUDIENCE: text(
    'Whom our tokens for the peer are made for. Default: the origin of A2A_PEER_URL.',
    'an audience',
  ),
  A2A_PEER_CARD_KEYS: text(
    "Public keys of which one must have signed the peer's card; none are asked for when left out.",
    'a JSON Web Key Set of EC P-256 keys, each with a kid',
  ),
  A2A_PEER_TIMEOUT_MS: variable(positiveInt(60_000), {
    meaning: 'Longest time that the peer is waited for, in milliseconds.',
    form: 'a whole number above 0',
  }),
  A2A_PEER_FALLBACK: variable(flag, {
    meaning: 'Whether the peer answers a turn that Gemini refuses before its first word.',
    form: '0 or 1',
  }),

  A2A_MUTUAL_TLS: variable(z.enum(['off', 'alb', 'native']).default('off'), {
    meaning:
      'Who verifies client certificates: nobody, the load balancer in front, or a TLS port of our own.',
    form: 'off, alb or native',
  }),
  A2A_MUTUAL_TLS_PORT: variable(port.default(8443), {
    meaning: "The port with client certificates: the load balancer's, or our own.",
    form: 'a port number from 0 to 65535',
  }),
  A2A_ALLOWED_CERTIFICATES: text(
    'Peers by a name in their certificate, as URI:spiffe://…=peer@… or DNS:…=peer@….',
    list('name=peer pairs'),
  ),
  A2A_MUTUAL_TLS_CERTIFICATE_FILE: text("Our own TLS port's certificate with its chain, PEM.", 'a file path'),
  A2A_MUTUAL_TLS_KEY_FILE: text("Our own TLS port's private key, PEM.", 'a file path'),
  A2A_MUTUAL_TLS_AUTHORITIES_FILE: text("Authorities that sign peers' certificates, PEM.", 'a file path'),

  GOOGLE_WORKLOAD_IDENTITY_AUDIENCE: text(
    'Workload identity provider that trusts the task role.',
    '//iam.googleapis.com/projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER',
  ),
  GOOGLE_SERVICE_ACCOUNT_EMAIL: text(
    'Service account whose ID tokens we call the peer with.',
    'an e-mail address',
  ),
  GCP_SERVICE_ACCOUNT_KEY: secret(
    'Key of a service account, used instead of federation.',
    'the JSON of a key file',
  ),
  GOOGLE_STS_URL: address("Where a stand-in for Google's Security Token Service listens."),
  GOOGLE_IAM_CREDENTIALS_URL: address("Where a stand-in for Google's IAM Credentials API listens."),
  GOOGLE_TOKEN_URL: address("Where a stand-in for Google's token endpoint listens."),

  AWS_REGION: text('AWS region of the task. Default: LORNU_REGION.', 'a region name such as eu-central-1'),
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: text("Path of the task role's credentials; set by ECS.", 'a path'),
  AWS_CONTAINER_CREDENTIALS_FULL_URI: address(
    "Address of the task role's credentials, where ECS does not set a path.",
  ),
  AWS_CONTAINER_AUTHORIZATION_TOKEN: secret('Sent to that address.', 'a token'),
  AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: text('File with that token.', 'a file path'),
  AWS_ENDPOINT_URL_SECRETS_MANAGER: address('Another address of Secrets Manager.'),

  LORNU_SECRET_ARN_GEMINI_API_KEY: secretArn('GEMINI_API_KEY'),
  LORNU_SECRET_ARN_GCP_SERVICE_ACCOUNT: secretArn('GCP_SERVICE_ACCOUNT_KEY'),
  LORNU_SECRET_ARN_OIDC_CLIENT: secretArn('OIDC_CLIENT_SECRET'),
  LORNU_SECRET_ARN_SESSION_KEY: secretArn('SESSION_KEY'),
  LORNU_SECRET_ARN_A2A_SIGNING_KEY: secretArn('A2A_SIGNING_KEY'),

  LORNU_APP_STATE_FROM_PEOPLE: text(
    'Apps whose `app:` state signed-in people may change; all others are changed by services and by agents alone.',
    list('app names'),
  ),
  LORNU_LIMIT_REQUESTS_PER_MINUTE: variable(positiveInt(300), {
    meaning: 'Requests a minute of one caller; counted where sign-in is required.',
    form: 'a whole number above 0',
  }),
  LORNU_LIMIT_STREAMS: variable(positiveInt(20), {
    meaning: 'Turns of one caller that run at once.',
    form: 'a whole number above 0',
  }),
  LORNU_LIMIT_TOKENS_PER_DAY: variable(positiveInt(5_000_000), {
    meaning: "Tokens that one caller's turns use in a day (UTC).",
    form: 'a whole number above 0',
  }),
};
