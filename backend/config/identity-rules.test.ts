import { describe, expect, test } from 'bun:test';
import { ConfigError, parseConfig, type Environment } from './config.ts';

const PEOPLE = {
  OIDC_CLIENT_ID: 'web',
  OIDC_CLIENT_SECRET: 'client-secret',
  OIDC_ALLOWED_DOMAINS: 'Lornu.ai, example.org',
  SESSION_KEY: 'k'.repeat(32),
  LORNU_PUBLIC_URL: 'https://lornu.example',
};
const STAGING = {
  GEMINI_API_KEY: 'a-key',
  LORNU_ENVIRONMENT: 'staging',
  FIRESTORE_DATABASE: 'staging',
  GOOGLE_CLOUD_PROJECT: 'lornu',
  ...PEOPLE,
};

function problemsOf(environment: Environment): readonly string[] {
  try {
    parseConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const CARD_KEY = { kty: 'EC', crv: 'P-256', kid: 'k1', x: 'AAAA', y: 'BBBB' };
const PEER = { GEMINI_API_KEY: 'a-key', A2A_PEER_URL: 'https://peer.example/a2a/lornu' };

describe('the configuration of the peer', () => {
  test('is undefined where there is no address', () => {
    expect(parseConfig({ GEMINI_API_KEY: 'a-key' }).identity.peer).toBeUndefined();
  });

  test('has its own audience, no card keys and no fallback by default', () => {
    expect(parseConfig(PEER).identity.peer).toEqual({
      url: 'https://peer.example/a2a/lornu',
      audience: 'https://peer.example',
      cardKeys: undefined,
      withinMs: 60_000,
      fallback: false,
    });
    const told = parseConfig({
      ...PEER,
      A2A_PEER_AUDIENCE: 'peer',
      A2A_PEER_CARD_KEYS: JSON.stringify({ keys: [CARD_KEY] }),
      A2A_PEER_FALLBACK: '1',
    });
    expect(told.identity.peer).toMatchObject({
      audience: 'peer',
      cardKeys: [CARD_KEY],
      fallback: true,
    });
  });

  test.each([
    '{',
    '{}',
    '{"keys":[]}',
    JSON.stringify({ keys: [{ ...CARD_KEY, kid: undefined }] }),
    JSON.stringify({ keys: [{ ...CARD_KEY, kty: 'RSA' }] }),
    JSON.stringify({ keys: [{ ...CARD_KEY, d: 'PRIVATE' }] }),
  ])('refuses %s as keys of its card', (keys) => {
    expect(problemsOf({ ...PEER, A2A_PEER_CARD_KEYS: keys })).toEqual([
      'A2A_PEER_CARD_KEYS must be a JSON Web Key Set of public EC P-256 keys, each with a kid.',
    ]);
  });

  test('a fallback peer must be configured', () => {
    expect(problemsOf({ GEMINI_API_KEY: 'a-key', A2A_PEER_FALLBACK: '1' })).toEqual([
      'A2A_PEER_URL must be set when A2A_PEER_FALLBACK is on; it is not set.',
    ]);
  });
});

describe('the configuration of identity', () => {
  test('needs no authentication locally, and requires it in staging', () => {
    expect(parseConfig({ GEMINI_API_KEY: 'a-key' }).identity.callers.required).toBe(false);
    expect(
      parseConfig({ GEMINI_API_KEY: 'a-key', ...PEOPLE, LORNU_SIGN_IN: 'required' }).identity.callers
        .required,
    ).toBe(true);
    expect(parseConfig(STAGING).identity.callers).toMatchObject({
      required: true,
      signIn: {
        issuer: 'https://accounts.google.com',
        clientId: 'web',
        allowedDomains: ['lornu.ai', 'example.org'],
      },
      tokens: {
        issuer: 'https://accounts.google.com',
        audience: 'https://lornu.example',
        services: [],
        peers: [],
      },
      mutualTls: { kind: 'off' },
    });
  });

  test('reads our identity from what ECS and Terraform set', () => {
    const { aws, google, secrets } = parseConfig({
      ...STAGING,
      LORNU_REGION: 'eu-central-1',
      AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/credentials/x',
      GOOGLE_WORKLOAD_IDENTITY_AUDIENCE: '//iam.googleapis.com/projects/1/x',
      GOOGLE_SERVICE_ACCOUNT_EMAIL: 'lornu@project.iam.gserviceaccount.com',
      LORNU_SECRET_ARN_OIDC_CLIENT: 'arn:aws:secretsmanager:eu-central-1:1:secret:oidc-client-AbCdEf',
    }).identity;
    expect(aws).toMatchObject({
      region: 'eu-central-1',
      credentialsUrl: 'http://169.254.170.2/v2/credentials/x',
    });
    expect(google).toMatchObject({ kind: 'federation', endpoints: undefined });
    expect(secrets.oidcClientSecret.arn).toEndWith(':secret:oidc-client-AbCdEf:client_secret::');
  });

  test('a key of the service account is used instead of federation', () => {
    const withKey = { ...STAGING, GOOGLE_WORKLOAD_IDENTITY_AUDIENCE: '//x', GCP_SERVICE_ACCOUNT_KEY: '{}' };
    expect(parseConfig(withKey).identity.google).toEqual({
      kind: 'service-account-key',
      tokenUrl: undefined,
    });
  });

  test('maps names in certificates to peers', () => {
    const { mutualTls, certificatePeers } = parseConfig({
      ...STAGING,
      A2A_MUTUAL_TLS: 'alb',
      A2A_ALLOWED_CERTIFICATES: 'URI:spiffe://lornu/a=b=Peer@Project.iam.gserviceaccount.com',
    }).identity.callers;
    expect(mutualTls).toEqual({ kind: 'alb', port: 8443 });
    expect(certificatePeers).toEqual({ 'URI:spiffe://lornu/a=b': 'peer@project.iam.gserviceaccount.com' });
  });

  test.each([
    [{ LORNU_SIGN_IN: 'open' }, 'LORNU_SIGN_IN must be required in staging'],
    [{ OIDC_CLIENT_ID: '' }, 'OIDC_CLIENT_ID or A2A_ALLOWED_EMAILS must be set'],
    [{ OIDC_CLIENT_SECRET: '' }, 'OIDC_CLIENT_SECRET must be set'],
    [{ SESSION_KEY: '' }, 'SESSION_KEY must be set'],
    [{ SESSION_KEY: 'short' }, 'SESSION_KEY must have at least 32 random characters; got (hidden).'],
    [{ SESSION_KEY: `${'k'.repeat(32)},short` }, 'SESSION_KEY must have at least 32'],
    [{ LORNU_PUBLIC_URL: '' }, 'LORNU_PUBLIC_URL must be set'],
    [{ OIDC_ALLOWED_DOMAINS: ' , ' }, 'OIDC_ALLOWED_DOMAINS must name who may sign in'],
    [{ OIDC_ISSUER: 'http://issuer.example' }, 'OIDC_ISSUER must be an https:// URL'],
    [{ OIDC_ISSUER: 'http://127.0.0.1:1' }, 'OIDC_ISSUER must be an https:// URL'],
    [{ A2A_TOKEN_ISSUER: 'http://issuer.example' }, 'A2A_TOKEN_ISSUER must be an https:// URL'],
    [{ A2A_TOKEN_JWKS_URL: 'http://issuer.example' }, 'A2A_TOKEN_JWKS_URL must be an https:// URL'],
    [{ A2A_PEER_URL: 'http://peer.example' }, 'A2A_PEER_URL must be an https:// URL'],
    [{ A2A_MUTUAL_TLS: 'alb' }, 'A2A_ALLOWED_CERTIFICATES must be set'],
    [{ A2A_ALLOWED_CERTIFICATES: 'lornu=peer' }, 'A2A_ALLOWED_CERTIFICATES must be URI:'],
    [{ GOOGLE_WORKLOAD_IDENTITY_AUDIENCE: '//x' }, 'GOOGLE_SERVICE_ACCOUNT_EMAIL must be set'],
    [{ GOOGLE_STS_URL: 'http://127.0.0.1:1' }, 'GOOGLE_STS_URL must not be set'],
    [{ GOOGLE_TOKEN_URL: 'https://evil.example' }, 'GOOGLE_TOKEN_URL must not be set'],
    [
      { GOOGLE_IAM_CREDENTIALS_URL: 'http://elsewhere.example', LORNU_REHEARSAL: '1' },
      'GOOGLE_IAM_CREDENTIALS_URL must not be set',
    ],
  ])('staging refuses %j', (change, problem) => {
    const problems = problemsOf({ ...STAGING, ...change });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toStartWith(problem);
  });

  test('machine callers need an audience, our own TLS port needs its files', () => {
    const machines = {
      ...STAGING,
      OIDC_CLIENT_ID: '',
      LORNU_PUBLIC_URL: '',
      A2A_ALLOWED_EMAILS: 'a@b.example',
    };
    expect(problemsOf(machines)).toEqual([
      'A2A_TOKEN_AUDIENCE must be set, or LORNU_PUBLIC_URL, for tokens to be made for us alone; neither is.',
    ]);
    const native = { ...STAGING, A2A_MUTUAL_TLS: 'native', A2A_ALLOWED_CERTIFICATES: 'DNS:a=b' };
    expect(problemsOf(native).map((problem) => problem.split(' ')[0])).toEqual([
      'A2A_MUTUAL_TLS_CERTIFICATE_FILE',
      'A2A_MUTUAL_TLS_KEY_FILE',
      'A2A_MUTUAL_TLS_AUTHORITIES_FILE',
    ]);
  });

  test('a rehearsal may use issuers and Google on loopback', () => {
    const rehearsal = {
      ...STAGING,
      LORNU_REHEARSAL: '1',
      OIDC_ISSUER: 'http://127.0.0.1:1',
      GOOGLE_STS_URL: 'http://127.0.0.1:1/v1/token',
    };
    expect(problemsOf(rehearsal)).toEqual([]);
  });
});
