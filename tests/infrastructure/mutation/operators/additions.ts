import type { Json, Values } from '../../plan/document.ts';
import type { PlannedEnvironment, Resource, StackName } from '../../plan/environment.ts';
import { withResources, withStack, withValue } from '../edit.ts';
import type { Mutant, Operator } from '../mutant.ts';

/** Adds an unwanted resource to a correct environment. */
export const addResource: Operator = {
  name: 'add-resource',
  title:
    'add what nobody asked for: an open rule, a user, a policy of AWS, a listener, a mail address, a secret in the state',
  find: (environment) => [
    ...environment.staging.resources
      .filter(({ type }) => type === 'aws_security_group')
      .flatMap((group) => [
        addRule(environment, group, 'ingress', 22, 22),
        addRule(environment, group, 'ingress', 0, 65_535),
        addRule(environment, group, 'egress', 0, 65_535),
      ]),
    ...(['staging', 'bootstrap'] as const).flatMap((stack) => [
      add(environment, stack, 'aws_iam_user', { name: 'deploy', tags_all: tagsOf(environment, stack) }),
      add(environment, stack, 'aws_iam_access_key', { user: 'deploy' }),
      ...environment[stack].resources
        .filter(({ type }) => type === 'aws_iam_role')
        .flatMap(({ values, address }) => [
          add(
            environment,
            stack,
            'aws_iam_role_policy_attachment',
            { role: values['name'] ?? null, policy_arn: 'arn:aws:iam::aws:policy/AdministratorAccess' },
            address,
          ),
          add(
            environment,
            stack,
            'aws_iam_role_policy',
            { name: 'more', role: values['name'] ?? null, policy: EVERYTHING },
            address,
          ),
        ]),
    ]),
    copyOf(environment, 'aws_lb_listener.http', { port: 8080 }),
    copyOf(environment, 'aws_lb_listener_rule.people["people"]', { priority: 7 }),
    copyOf(environment, 'aws_lb_listener_rule.people["people"]', { priority: 25 }),
    copyOf(environment, 'aws_sns_topic_subscription.email', { endpoint: 'stranger@example.com' }),
    copyOf(environment, 'aws_s3_bucket.access_logs', { id: 'lornu-open', bucket: 'lornu-open' }),
    copyOf(environment, 'aws_cloudwatch_log_group.agent', {
      name: '/ecs/other',
      kms_key_id: null,
      retention_in_days: 0,
    }),
    copyOf(environment, 'aws_route53_record.staging["staging"]', { type: 'AAAA' }),
    add(environment, 'staging', 'aws_secretsmanager_secret_version', { secret_string: 'a value' }),
    add(environment, 'bootstrap', 'aws_secretsmanager_secret_version', { secret_string: 'a value' }),
    add(environment, 'staging', 'aws_secretsmanager_secret', { name: 'lornu/staging/more' }),
    add(environment, 'staging', 'aws_security_group_rule', { type: 'ingress', cidr_blocks: ['0.0.0.0/0'] }),
    add(environment, 'bootstrap', 'aws_iam_openid_connect_provider', {
      url: 'gitlab.example',
      client_id_list: ['x'],
    }),
    addRoute(environment),
  ],
};

/** Gives the container variables that it should not have. */
export const addToContainer: Operator = {
  name: 'add-to-container',
  title:
    'tell the container to use a stand-in, give it a secret as plain text, rights, or a volume that can be written',
  find: (environment) => {
    const additions: [string, (container: Values) => Values][] = [
      ...[
        ['FIRESTORE_EMULATOR_HOST', '127.0.0.1:8080'],
        ['GOOGLE_GEMINI_BASE_URL', 'http://127.0.0.1:9'],
        ['LORNU_REHEARSAL', '1'],
        ['GEMINI_API_KEY', 'a-key-in-plain-text'],
        ['SESSION_KEY', 'a-key-in-plain-text'],
        ['NODE_TLS_REJECT_UNAUTHORIZED', '0'],
      ].map(([name = '', value = '']): [string, (container: Values) => Values] => [
        name,
        (container) => ({
          ...container,
          environment: [...asList(container['environment']), { name, value }],
        }),
      ]),
      ['privileged', (container) => ({ ...container, privileged: true })],
      [
        'SYS_ADMIN',
        (container) => ({
          ...container,
          linuxParameters: {
            ...(container['linuxParameters'] as Values),
            capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] },
          },
        }),
      ],
      [
        'a second port',
        (container) => ({
          ...container,
          portMappings: [
            ...asList(container['portMappings']),
            { containerPort: 9229, hostPort: 9229, protocol: 'tcp', name: 'debug' },
          ],
        }),
      ],
    ];
    return additions.map(([name, change]) => ({
      id: `add-to-container: staging aws_ecs_task_definition.agent -> ${name}`,
      operator: 'add-to-container',
      make: () =>
        withResources(environment, 'staging', (resource) =>
          resource.block === 'aws_ecs_task_definition.agent'
            ? withValue(resource, ['container_definitions', 0], (value) => change(value as Values), 1)
            : resource,
        ),
    }));
  },
};

const EVERYTHING = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
});

function asList(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

function add(
  environment: PlannedEnvironment,
  stack: StackName,
  type: string,
  values: Values,
  like = '',
): Mutant {
  const address = `${type}.stranger`;
  const resource: Resource = { address, block: address, type, key: undefined, values };
  return {
    id: `add-resource: ${stack} ${type}${like ? ` for ${like}` : ''}`,
    operator: 'add-resource',
    make: () => withStack(environment, stack, { resources: [...environment[stack].resources, resource] }),
  };
}

function copyOf(environment: PlannedEnvironment, like: string, changed: Values): Mutant {
  const original = environment.staging.resources.find(
    ({ address, block }) => address === like || block === like,
  );
  const mutant = add(environment, 'staging', like.split('.')[0] ?? '', { ...original?.values, ...changed });
  return { ...mutant, id: `${mutant.id} ${JSON.stringify(changed)}` };
}

function addRule(
  environment: PlannedEnvironment,
  group: Resource,
  direction: 'ingress' | 'egress',
  from: number,
  to: number,
): Mutant {
  const type = `aws_vpc_security_group_${direction}_rule`;
  const values = {
    security_group_id: group.values['id'] ?? null,
    cidr_ipv4: '0.0.0.0/0',
    ip_protocol: 'tcp',
    from_port: from,
    to_port: to,
    tags_all: tagsOf(environment, 'staging'),
  };
  const mutant = add(environment, 'staging', type, values, group.address);
  return { ...mutant, id: `${mutant.id} ${from}-${to}` };
}

/** A private subnet with a route to the internet without NAT. */
function addRoute(environment: PlannedEnvironment): Mutant {
  const gateway =
    environment.staging.resources.find(({ type }) => type === 'aws_internet_gateway')?.values['id'] ?? null;
  return {
    id: 'add-resource: staging a route to the internet gateway for aws_route_table.private',
    operator: 'add-resource',
    make: () =>
      withResources(environment, 'staging', (resource) =>
        resource.block === 'aws_route_table.private'
          ? withValue(resource, ['route'], (value) => [
              ...asList(value),
              { cidr_block: '198.51.100.0/24', gateway_id: gateway, nat_gateway_id: '' },
            ])
          : resource,
      ),
  };
}

function tagsOf(environment: PlannedEnvironment, stack: StackName): Json {
  return environment[stack].resources.find(({ values }) => values['tags_all'])?.values['tags_all'] ?? null;
}
