import { RESOURCE_TYPES } from '@lornu/ops/aws-resources/resource-types.ts';
import { containerOf, text, type All, type Card } from '@lornu/ops/aws-resources/resource-type.ts';
import { z } from 'zod';

/** The applied environment besides its network: its parts, its callers, its identities elsewhere. */
export interface PicturedEnvironment {
  callers: Caller[];
  areas: Area[];
  roles: Role[];
  /** What the tasks use on Google Cloud, and under which identity. */
  google: Fact[];
  /** Number of resources that Terraform created. */
  resources: number;
}

export interface Caller {
  who: string;
  /** How they authenticate. */
  by: string;
  names: string[];
}

export interface Area {
  title: string;
  services: { name: string; facts: string[] }[];
}

export interface Role {
  name: string;
  /** Who may assume it. */
  trusts: string;
  /** AWS services that its policies name. */
  may: string[];
  bounded: boolean;
}

export interface Fact {
  name: string;
  value: string;
}

/** The fields of Terraform's state (`terraform state pull`) that are read. */
const STATE = z.object({
  resources: z.array(
    z.object({
      mode: z.string(),
      type: z.string(),
      name: z.string(),
      instances: z.array(z.object({ attributes: z.record(z.string(), z.unknown()) })),
    }),
  ),
});

/** Reads the states of all stacks together; what a state does not contain is left out, never invented. */
export function toEnvironment(states: readonly unknown[]): PicturedEnvironment {
  const resources = states
    .flatMap((state) => STATE.parse(state).resources)
    .filter(({ mode }) => mode === 'managed');
  const all: All = (type) =>
    resources
      .filter((resource) => resource.type === type)
      .flatMap(({ instances }) => instances.map(({ attributes }) => attributes));
  const { environment = [] } = containerOf(all('aws_ecs_task_definition')[0]);
  const env = Object.fromEntries(environment.map(({ name, value }) => [name, value]));
  const ports = all('aws_lb_listener').map(({ port }) => Number(port));
  return {
    callers: callers(env, ports),
    areas: areas(all),
    roles: roles(all),
    google: google(env),
    resources: resources.reduce((sum, { instances }) => sum + instances.length, 0),
  };
}

const AREAS: readonly Card['area'][] = ['In front', 'Running', 'Keeping', 'Watching'];

/** The cards of the resource table, by area; a card without a fact is left out. */
function areas(all: All): Area[] {
  return AREAS.map((title) => ({
    title,
    services: Object.entries(RESOURCE_TYPES).flatMap(([type, { card }]) => {
      const facts = card?.area === title ? card.facts(all(type), all) : [];
      return card && facts.length > 0 ? [{ name: card.title, facts: [...facts] }] : [];
    }),
  })).filter(({ services }) => services.length > 0);
}

function callers(env: Readonly<Record<string, string>>, ports: readonly number[]): Caller[] {
  const names = (variable: string) => (env[variable] ?? '').split(',').filter(Boolean);
  return [
    { who: 'People', by: `sign-in at ${host(env['OIDC_ISSUER'])}`, names: names('OIDC_ALLOWED_DOMAINS') },
    {
      who: 'Machines that act for users',
      by: `a token of ${host(env['A2A_TOKEN_ISSUER'])}`,
      names: names('A2A_SERVICE_EMAILS'),
    },
    {
      who: 'Operators (lornu runs)',
      by: `a token of ${host(env['A2A_TOKEN_ISSUER'])}`,
      names: names('LORNU_OPERATOR_EMAILS'),
    },
    {
      who: 'Peers (A2A)',
      by: `a token of ${host(env['A2A_TOKEN_ISSUER'])}`,
      names: names('A2A_ALLOWED_EMAILS'),
    },
    {
      who: 'Peers (A2A)',
      by: `a client certificate, port ${ports.find((port) => port !== 80 && port !== 443) ?? 'closed'}`,
      names: names('A2A_ALLOWED_CERTIFICATES').map((pair) => pair.split('=')[0] ?? ''),
    },
  ].filter((caller) => caller.names.length > 0);
}

function google(env: Readonly<Record<string, string>>): Fact[] {
  const facts: [string, string | undefined][] = [
    ['Trusts', env['GOOGLE_WORKLOAD_IDENTITY_AUDIENCE']?.split('/').slice(-3).join('/')],
    ['Service account', env['GOOGLE_SERVICE_ACCOUNT_EMAIL']],
    [
      'Firestore',
      env['FIRESTORE_DATABASE'] && `${env['GOOGLE_CLOUD_PROJECT']}, database ${env['FIRESTORE_DATABASE']}`,
    ],
    ['Cloud Storage', env['ARTIFACT_BUCKET']],
    ['Gemini', env['GEMINI_MODEL']],
    ['Peer agent', env['A2A_PEER_URL']],
  ];
  return facts.flatMap(([name, value]) => (value ? [{ name, value }] : []));
}

function roles(all: All): Role[] {
  const policies = [
    ...all('aws_iam_role_policy').map((one) => ({
      role: text(one, 'role'),
      policy: text(one, 'policy'),
    })),
    ...all('aws_iam_role_policy_attachment').flatMap((one) => {
      const policy = all('aws_iam_policy').find(({ arn }) => arn === one['policy_arn']);
      return policy ? [{ role: text(one, 'role'), policy: text(policy, 'policy') }] : [];
    }),
  ];
  return all('aws_iam_role').map((one) => ({
    name: text(one, 'name'),
    trusts: trustedBy(text(one, 'assume_role_policy')),
    may: [
      ...new Set(
        policies.filter(({ role }) => role === text(one, 'name')).flatMap(({ policy }) => servicesOf(policy)),
      ),
    ].toSorted(),
    bounded: one['permissions_boundary'] !== '' && one['permissions_boundary'] !== undefined,
  }));
}

const POLICY = z.object({
  Statement: z.array(
    z.object({
      Action: z.union([z.string(), z.array(z.string())]).optional(),
      Principal: z.record(z.string(), z.union([z.string(), z.array(z.string())])).optional(),
      Condition: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
    }),
  ),
});

function trustedBy(policy: string): string {
  const [statement] = POLICY.parse(JSON.parse(policy)).Statement;
  const [principal] = Object.values(statement?.Principal ?? {}).flat();
  const subject = Object.entries(statement?.Condition?.['StringEquals'] ?? {}).find(([name]) =>
    name.endsWith(':sub'),
  );
  const who = principal?.split('/').slice(1).join('/') || principal || 'nobody';
  return subject ? `${who}: ${[subject[1]].flat().join(', ')}` : who;
}

function servicesOf(policy: string): string[] {
  return POLICY.parse(JSON.parse(policy)).Statement.flatMap(({ Action = [] }) =>
    [Action].flat().map((action) => action.split(':')[0] ?? ''),
  );
}

function host(url: string | undefined): string {
  return URL.parse(url ?? '')?.host ?? 'nobody';
}
