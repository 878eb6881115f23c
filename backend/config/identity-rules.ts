import { createPrivateKey } from 'node:crypto';
import { isSignInRequired, parseCardKeys, splitList, toList } from './identity-config.ts';
import { isLoopback } from './loopback.ts';
import type { VariableName, Variables } from './variables.ts';

/** In characters: 32 random bytes in base64 have 44. */
const MIN_SESSION_KEY_LENGTH = 32;

/** Checks identity variables against each other. Every message begins with the variable to change. */
export function identityRulesBroken(v: Variables): string[] {
  return [
    ...openRules(v),
    ...signInRules(v),
    ...machineRules(v),
    ...a2aRules(v),
    ...mutualTlsRules(v),
    ...googleRules(v),
    ...addressRules(v),
    ...peerRules(v),
  ];
}

function peerRules(v: Variables): string[] {
  const needed: VariableName[] = ['A2A_PEER_URL'];
  const problems = v.A2A_PEER_FALLBACK === '1' ? missing(v, needed, 'when A2A_PEER_FALLBACK is on') : [];
  if (v.A2A_PEER_CARD_KEYS !== undefined && !parseCardKeys(v.A2A_PEER_CARD_KEYS)) {
    problems.push('A2A_PEER_CARD_KEYS must be a JSON Web Key Set of public EC P-256 keys, each with a kid.');
  }
  return problems;
}

function openRules(v: Variables): string[] {
  if (v.LORNU_ENVIRONMENT === 'staging' && !isSignInRequired(v)) {
    return [
      'LORNU_SIGN_IN must be required in staging: an open service is for one machine only; got "open".',
    ];
  }
  const anyone =
    v.OIDC_CLIENT_ID ?? v.A2A_ALLOWED_EMAILS ?? v.A2A_SERVICE_EMAILS ?? v.A2A_ALLOWED_CERTIFICATES;
  return isSignInRequired(v) && anyone === undefined
    ? [
        'OIDC_CLIENT_ID or A2A_ALLOWED_EMAILS must be set where sign-in is required, or nobody can call; neither is.',
      ]
    : [];
}

function signInRules(v: Variables): string[] {
  if (v.OIDC_CLIENT_ID === undefined) return [];
  const problems = missing(
    v,
    ['OIDC_CLIENT_SECRET', 'SESSION_KEY', 'LORNU_PUBLIC_URL'],
    'when OIDC_CLIENT_ID is',
  );
  const isShort = splitList(v.SESSION_KEY).some((key) => key.length < MIN_SESSION_KEY_LENGTH);
  if (isShort)
    problems.push(
      `SESSION_KEY must have at least ${MIN_SESSION_KEY_LENGTH} random characters; got (hidden).`,
    );
  if (toList(v.OIDC_ALLOWED_DOMAINS).length + toList(v.OIDC_ALLOWED_EMAILS).length === 0) {
    problems.push(
      'OIDC_ALLOWED_DOMAINS must name who may sign in, or every account of the issuer could; it is not set.',
    );
  }
  return problems;
}

function machineRules(v: Variables): string[] {
  const others = [...toList(v.A2A_ALLOWED_EMAILS), ...toList(v.A2A_SERVICE_EMAILS)];
  const operators = toList(v.LORNU_OPERATOR_EMAILS);
  const both = operators.find((email) => others.includes(email));
  const problems =
    both === undefined
      ? []
      : [
          `LORNU_OPERATOR_EMAILS must name machines of no other role; ${JSON.stringify(both)} is in A2A_ALLOWED_EMAILS or A2A_SERVICE_EMAILS too.`,
        ];
  if (others.length + operators.length > 0 && !v.A2A_TOKEN_AUDIENCE && !v.LORNU_PUBLIC_URL) {
    problems.push(
      'A2A_TOKEN_AUDIENCE must be set, or LORNU_PUBLIC_URL, for tokens to be made for us alone; neither is.',
    );
  }
  return problems;
}

function a2aRules(v: Variables): string[] {
  const problems: string[] = [];
  if (v.A2A_SIGNING_KEY !== undefined && !isSigningKey(v.A2A_SIGNING_KEY))
    problems.push('A2A_SIGNING_KEY must be a private key of the curve P-256, PKCS #8 PEM; got (hidden).');
  const isForStaging = v.LORNU_ENVIRONMENT === 'staging' && v.LORNU_REHEARSAL !== '1';
  if (v.A2A_PUSH_NOTIFICATIONS === 'loopback' && isForStaging)
    problems.push(
      'A2A_PUSH_NOTIFICATIONS must be off or public in staging: loopback is for trying it out; got "loopback".',
    );
  return problems;
}

function isSigningKey(pem: string): boolean {
  try {
    return (
      pem.startsWith('-----BEGIN PRIVATE KEY-----') &&
      createPrivateKey(pem).asymmetricKeyDetails?.namedCurve === 'prime256v1'
    );
  } catch {
    return false;
  }
}

function mutualTlsRules(v: Variables): string[] {
  const problems: string[] = [];
  const malformed = splitList(v.A2A_ALLOWED_CERTIFICATES).find(
    (pair) => !/^(?:URI|DNS):[^=]+=.+$/.test(pair),
  );
  if (malformed !== undefined) {
    problems.push(
      `A2A_ALLOWED_CERTIFICATES must be URI:…=peer or DNS:…=peer pairs; got ${JSON.stringify(malformed)}.`,
    );
  }
  if (v.A2A_MUTUAL_TLS === 'off') return problems;
  problems.push(...missing(v, ['A2A_ALLOWED_CERTIFICATES'], 'when A2A_MUTUAL_TLS is on'));
  if (v.A2A_MUTUAL_TLS === 'native') {
    const files = ['CERTIFICATE', 'KEY', 'AUTHORITIES'].map(
      (what) => `A2A_MUTUAL_TLS_${what}_FILE` as VariableName,
    );
    problems.push(...missing(v, files, 'when A2A_MUTUAL_TLS is native'));
  }
  return problems;
}

function googleRules(v: Variables): string[] {
  return v.GOOGLE_WORKLOAD_IDENTITY_AUDIENCE && !v.GCP_SERVICE_ACCOUNT_KEY
    ? missing(v, ['GOOGLE_SERVICE_ACCOUNT_EMAIL'], 'when GOOGLE_WORKLOAD_IDENTITY_AUDIENCE is')
    : [];
}

const PUBLIC_ADDRESSES = ['OIDC_ISSUER', 'A2A_TOKEN_ISSUER', 'A2A_TOKEN_JWKS_URL', 'A2A_PEER_URL'] as const;
const STAND_INS = ['GOOGLE_STS_URL', 'GOOGLE_IAM_CREDENTIALS_URL', 'GOOGLE_TOKEN_URL'] as const;

/** Tokens and keys travel over https only. A stand-in on this machine is allowed locally and in a rehearsal. */
function addressRules(v: Variables): string[] {
  const mayUseLoopback = v.LORNU_ENVIRONMENT === 'local' || v.LORNU_REHEARSAL === '1';
  const isHere = (url: string) => mayUseLoopback && isLoopback(new URL(url).hostname);
  return [
    ...PUBLIC_ADDRESSES.flatMap((name) => {
      const url = v[name];
      if (url === undefined || url.startsWith('https:') || isHere(url)) return [];
      return [`${name} must be an https:// URL; got ${JSON.stringify(url)}.`];
    }),
    ...STAND_INS.flatMap((name) => {
      const url = v[name];
      if (url === undefined || isHere(url)) return [];
      return [
        `${name} must not be set but for a stand-in on loopback, locally or in a rehearsal; got ${JSON.stringify(url)}.`,
      ];
    }),
  ];
}

function missing(v: Variables, names: readonly VariableName[], when: string): string[] {
  return names.filter((name) => !v[name]).map((name) => `${name} must be set ${when}; it is not set.`);
}
