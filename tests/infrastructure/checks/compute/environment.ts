import { describeConfig } from '@lornu/backend/config/describe-config.ts';
import type { StackView, View } from '../../plan/view.ts';
import type { Checks } from '../check.ts';
import { inputText, list, regionOf, tokenIssuer } from '../facts.ts';
import { container } from './task.ts';

/** The secret of each variable; the name after the ARN is a key of the secret's JSON. */
const SECRETS: Readonly<Record<string, string>> = {
  GEMINI_API_KEY: 'gemini-api-key',
  GCP_SERVICE_ACCOUNT_KEY: 'gcp-service-account',
  OIDC_CLIENT_ID: 'oidc-client:client_id::',
  OIDC_CLIENT_SECRET: 'oidc-client:client_secret::',
  SESSION_KEY: 'session-key',
  A2A_SIGNING_KEY: 'a2a-signing-key',
};
/** Variables that would direct the service to something other than the real cloud. */
const STAND_INS = /REHEARSAL|EMULATOR|ENDPOINT_URL|BASE_URL|NODE_TLS|NODE_OPTIONS/;
/** Set by Terraform before the service's schema knows them. */
const AWAITED = new Set(['A2A_SIGNING_KEY', 'LORNU_SECRET_ARN_A2A_SIGNING_KEY']);

export const environment: Checks = {
  // The service is told who it is, whom it trusts and where its data lies here alone; a value that is gone falls back
  // to a default.
  'compute/environment': ({ staging, bootstrap }, must) => {
    const given = plainEnvironment(staging);
    const wanted = expectedEnvironment({ staging, bootstrap });
    for (const [name, value] of Object.entries(wanted)) {
      must(given.get(name) === value, `${name} is ${given.get(name) ?? 'not given'}, not ${value}.`);
    }
    const more = [...given.keys()].filter((name) => !(name in wanted));
    must(more.length === 0, `Nothing asks for ${list(more)}.`);
    const known = new Set<string>([...describeConfig().map(({ name }) => name), ...AWAITED]);
    const unknown = [...given.keys()].filter((name) => !known.has(name));
    must(unknown.length === 0, `The service does not know ${list(unknown)}.`);
  },
  // Only the rehearsal may put stand-ins in the place of real services.
  'compute/no-stand-in': ({ staging }, must) => {
    const chosen = [...plainEnvironment(staging).keys()].filter((name) => STAND_INS.test(name));
    must(chosen.length === 0, `A stand-in is chosen: ${list(chosen)}.`);
  },
  // A secret as plain text stands in the state, in the plan and in everyone's console; one that is missing keeps the
  // task from starting.
  'compute/secrets': ({ staging, bootstrap }, must) => {
    const arnOf = (secret: string) => {
      const [name = '', ...key] = secret.split(':');
      return [bootstrap.arn(`aws_secretsmanager_secret.staging["${name}"]`), ...key].join(':');
    };
    const read = taskSecrets(staging);
    const wanted = Object.entries(SECRETS)
      .filter(([, secret]) => read.includes(secret.split(':')[0] ?? ''))
      .map(([name, secret]) => `${name} ${arnOf(secret)}`);
    const found = container(staging)
      .blocks('secrets')
      .map((one) => `${one.text('name')} ${one.text('valueFrom')}`);
    for (const one of found) must(wanted.includes(one), `The task reads what nothing asks for: ${one}.`);
    for (const one of wanted) must(found.includes(one), `The task lacks ${one}.`);
    const plain = [...plainEnvironment(staging).keys()].filter(
      (name) =>
        name in SECRETS ||
        /(KEY|SECRET|TOKEN|PASSWORD|CREDENTIALS?)$/.test(name.replace(/^LORNU_SECRET_ARN_.*/, '')),
    );
    must(plain.length === 0, `Passed as plain text: ${list(plain)}.`);
  },
};

/** Secrets that the chosen agent reads, with their JSON key. */
export function taskSecrets(staging: StackView): string[] {
  const signsIn = staging.input('agent_runtime').text('value') === 'bun';
  const byKey = inputText(staging, 'google', 'credentials', 'federation') === 'key';
  return [
    'gemini-api-key',
    ...(signsIn ? ['oidc-client', 'session-key', 'a2a-signing-key'] : []),
    ...(byKey ? ['gcp-service-account'] : []),
  ];
}

function plainEnvironment(staging: StackView): Map<string, string> {
  return new Map(
    container(staging)
      .blocks('environment')
      .map((one) => [one.text('name'), one.text('value')]),
  );
}

/** The expected value of each variable for these inputs; empty values are left out. */
function expectedEnvironment({
  staging,
  bootstrap,
}: Pick<View, 'staging' | 'bootstrap'>): Record<string, string> {
  const text = (name: string, path = 'value') => {
    const input = staging.input(name);
    return input.has(path) ? input.text(path) : '';
  };
  const joined = (name: string, path = 'value') => {
    const input = staging.input(name);
    return input.has(path) ? input.texts(path).join(',') : '';
  };
  const figure = (name: string, path: string) => {
    const input = staging.input(name);
    return input.has(path) ? String(input.number(path)) : '';
  };
  const mutual = staging.input('mutual_tls');
  const peers = mutual.has('value') ? mutual.keys('value.peers') : [];
  const url = `https://${text('domain_name')}`;
  const tokens = tokenIssuer(staging);
  const all: Record<string, string> = {
    PORT: '8080',
    LORNU_ENVIRONMENT: 'staging',
    LORNU_REGION: regionOf(staging),
    LORNU_REVISION: text('revision'),
    LORNU_PUBLIC_URL: url,
    LORNU_METRICS: 'emf',
    LORNU_SESSION_STORE: 'firestore',
    GEMINI_MODEL: text('gemini_model'),
    GEMINI_OTHER_MODELS: joined('other_models'),
    LORNU_DAILY_BUDGET_USER_USD: figure('daily_budgets_usd', 'value.user'),
    LORNU_DAILY_BUDGET_APP_USD: figure('daily_budgets_usd', 'value.app'),
    LORNU_DAILY_BUDGET_USD: figure('daily_budgets_usd', 'value.total'),
    LORNU_SHADOW_URL: text('shadow', 'value.url'),
    LORNU_SHADOW_SHARE: figure('shadow', 'value.share'),
    LORNU_SHADOW_AUDIENCE: text('shadow', 'value.audience'),
    ...(staging.input('trace_share').number('value') > 0
      ? {
          LORNU_TRACE_URL: 'https://telemetry.googleapis.com',
          LORNU_TRACE_SHARE: figure('trace_share', 'value'),
        }
      : {}),
    GOOGLE_CLOUD_PROJECT: text('google', 'value.project_id'),
    FIRESTORE_DATABASE: inputText(staging, 'google', 'firestore_database', 'staging'),
    ARTIFACT_BUCKET: text('google', 'value.artifact_bucket'),
    GOOGLE_WORKLOAD_IDENTITY_AUDIENCE: text('google', 'value.workload_identity_audience'),
    GOOGLE_SERVICE_ACCOUNT_EMAIL: text('google', 'value.service_account_email'),
    A2A_TOKEN_ISSUER: tokens.issuer,
    A2A_TOKEN_JWKS_URL: tokens.keys,
    A2A_TOKEN_AUDIENCE: tokens.audience,
    A2A_ALLOWED_EMAILS: joined('peer_emails'),
    A2A_SERVICE_EMAILS: joined('service_emails'),
    LORNU_OPERATOR_EMAILS: joined('operator_emails'),
    A2A_PEER_URL: text('peer_url'),
    A2A_PEER_AUDIENCE: text('peer_audience'),
    A2A_PEER_CARD_KEYS: text('peer_card_keys'),
    A2A_PEER_FALLBACK: staging.input('peer_fallback').flag('value') ? '1' : '',
    A2A_MUTUAL_TLS: mutual.has('value') ? 'alb' : 'off',
    A2A_ALLOWED_CERTIFICATES: peers
      .map((name) => `${name}=${mutual.block('value.peers').textsOf(name).join('')}`)
      .join(','),
    OIDC_ISSUER: inputText(staging, 'sign_in', 'issuer', 'https://accounts.google.com'),
    OIDC_ALLOWED_DOMAINS: joined('sign_in', 'value.domains'),
    ...Object.fromEntries(
      taskSecrets(staging).map((key) => [
        `LORNU_SECRET_ARN_${key.toUpperCase().replaceAll('-', '_')}`,
        bootstrap.arn(`aws_secretsmanager_secret.staging["${key}"]`),
      ]),
    ),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
}
