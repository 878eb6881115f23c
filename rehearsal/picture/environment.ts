import { z } from 'zod';

/** The environment as applied, beside its network: what serves, who calls, who it is to others. */
export interface Environment {
  callers: Caller[];
  areas: Area[];
  roles: Role[];
  /** What the tasks use on Google Cloud, and as whom. */
  google: Fact[];
  /** How many resources Terraform made. */
  resources: number;
}

export interface Caller {
  who: string;
  /** How they show who they are. */
  by: string;
  names: string[];
}

export interface Area {
  title: string;
  services: { name: string; facts: string[] }[];
}

export interface Role {
  name: string;
  /** Who may take it on. */
  trusts: string;
  /** AWS services that its policies name. */
  may: string[];
  bounded: boolean;
}

export interface Fact {
  name: string;
  value: string;
}

/** Of Terraform's state, as `terraform state pull` prints it, what is read here. */
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

type Attributes = Record<string, unknown>;

/** Reads the states of all stacks together; what a state does not hold is left out, never made up. */
export function toEnvironment(states: readonly unknown[]): Environment {
  const resources = states
    .flatMap((state) => STATE.parse(state).resources)
    .filter(({ mode }) => mode === 'managed');
  const all = (type: string): Attributes[] =>
    resources
      .filter((resource) => resource.type === type)
      .flatMap(({ instances }) => instances.map(({ attributes }) => attributes));
  const container = containerOf(all('aws_ecs_task_definition')[0]);
  return {
    callers: callers(container.environment, all('aws_lb_listener').map(number('port'))),
    areas: [front(all), running(all, container), keeping(all), watching(all)].filter(
      ({ services }) => services.length > 0,
    ),
    roles: roles(all),
    google: google(container.environment),
    resources: resources.reduce((sum, { instances }) => sum + instances.length, 0),
  };
}

type All = (type: string) => Attributes[];

function front(all: All): Area {
  const names = [...new Set(all('aws_route53_record').map(string('name')))].filter(
    (name) => !name.startsWith('_'),
  );
  return area('In front', [
    ...(names.length > 0 ? [service('Route 53', names)] : []),
    ...all('aws_acm_certificate').map((one) =>
      service('Certificate', [string('domain_name')(one), 'renewed by ACM']),
    ),
    ...all('aws_wafv2_web_acl').map((one) =>
      service(
        'Firewall (WAF)',
        list(one['rule']).map((rule) => string('name')(rule as Attributes)),
      ),
    ),
    ...all('aws_lb').map((one) =>
      service('Load balancer', [
        `ports ${all('aws_lb_listener')
          .map(number('port'))
          .toSorted((a, b) => a - b)
          .join(', ')}`,
        `idle timeout ${number('idle_timeout')(one)} s`,
        `${all('aws_lb_listener_rule').length} rules, refuses by default`,
      ]),
    ),
  ]);
}

function running(all: All, container: Container): Area {
  const [target] = all('aws_appautoscaling_target');
  return area('Running', [
    ...all('aws_ecs_service').map((one) =>
      service(`ECS service ${string('name')(one)}`, [
        'Fargate, private subnets',
        `rolls out at ${number('deployment_minimum_healthy_percent')(one)} to ${number('deployment_maximum_percent')(one)} %`,
        ...(list(one['deployment_circuit_breaker']).length > 0 ? ['circuit breaker with rollback'] : []),
      ]),
    ),
    ...all('aws_ecs_task_definition').map((one) =>
      service(`Task ${string('family')(one)}`, [
        `${string('cpu')(one)} CPU units, ${string('memory')(one)} MB`,
        `port ${container.port}, user ${container.user}`,
        container.readOnly ? 'root file system read-only' : 'root file system writable',
      ]),
    ),
    ...(target
      ? [
          service('Autoscaling', [
            `${number('min_capacity')(target)} to ${number('max_capacity')(target)} tasks`,
            `on ${all('aws_appautoscaling_policy').map(string('name')).join(' and ')}`,
          ]),
        ]
      : []),
    ...all('aws_ecr_repository').map((one) =>
      service(`Images ${string('name')(one)}`, [
        `tags ${string('image_tag_mutability')(one).toLowerCase()}`,
        'named by digest',
      ]),
    ),
  ]);
}

function keeping(all: All): Area {
  const secrets = all('aws_secretsmanager_secret').map((one) => string('name')(one).split('/').at(-1) ?? '');
  const keys = all('aws_kms_key');
  return area('Keeping', [
    ...(secrets.length > 0 ? [service('Secrets Manager', secrets)] : []),
    ...(keys.length > 0
      ? [
          service('KMS keys', [
            ...keys.map((key) => string('description')(key)),
            ...(keys.every((key) => key['enable_key_rotation'] === true) ? ['rotated every year'] : []),
          ]),
        ]
      : []),
    ...all('aws_s3_bucket').map((one) => service('Bucket', [string('bucket')(one)])),
  ]);
}

function watching(all: All): Area {
  return area(
    'Watching',
    [
      service(
        'Logs',
        all('aws_cloudwatch_log_group').map(
          (one) => `${string('name')(one)}, ${number('retention_in_days')(one)} days`,
        ),
      ),
      service('Alarms', all('aws_cloudwatch_metric_alarm').map(string('alarm_name'))),
      service('Told to', all('aws_sns_topic_subscription').map(string('endpoint'))),
      ...all('aws_budgets_budget').map((one) =>
        service('Budget', [`${string('limit_amount')(one)} ${string('limit_unit')(one)} a month`]),
      ),
    ].filter(({ facts }) => facts.length > 0),
  );
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
      role: string('role')(one),
      policy: string('policy')(one),
    })),
    ...all('aws_iam_role_policy_attachment').flatMap((one) => {
      const policy = all('aws_iam_policy').find(({ arn }) => arn === one['policy_arn']);
      return policy ? [{ role: string('role')(one), policy: string('policy')(policy) }] : [];
    }),
  ];
  return all('aws_iam_role').map((one) => ({
    name: string('name')(one),
    trusts: trustedBy(string('assume_role_policy')(one)),
    may: [
      ...new Set(
        policies
          .filter(({ role }) => role === string('name')(one))
          .flatMap(({ policy }) => servicesOf(policy)),
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

interface Container {
  environment: Record<string, string>;
  port: number;
  user: string;
  readOnly: boolean;
}

const CONTAINERS = z.array(
  z.object({
    environment: z.array(z.object({ name: z.string(), value: z.string() })).default([]),
    portMappings: z.array(z.object({ containerPort: z.number() })).default([]),
    user: z.string().default('root'),
    readonlyRootFilesystem: z.boolean().default(false),
  }),
);

function containerOf(definition: Attributes | undefined): Container {
  const [container] = CONTAINERS.parse(JSON.parse(text(definition?.['container_definitions']) || '[]'));
  return {
    environment: Object.fromEntries((container?.environment ?? []).map(({ name, value }) => [name, value])),
    port: container?.portMappings[0]?.containerPort ?? 0,
    user: container?.user ?? 'root',
    readOnly: container?.readonlyRootFilesystem ?? false,
  };
}

function area(title: string, services: Area['services']): Area {
  return { title, services };
}

function service(name: string, facts: string[]): Area['services'][number] {
  return { name, facts };
}

const string =
  (name: string) =>
  (attributes: Attributes): string =>
    text(attributes[name]);
const number =
  (name: string) =>
  (attributes: Attributes): number =>
    Number(attributes[name] ?? 0);

/** Terraform writes words and numbers; anything else is none. */
function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function host(url: string | undefined): string {
  return URL.parse(url ?? '')?.host ?? 'nobody';
}
