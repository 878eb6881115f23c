import {
  card,
  containerOf,
  each,
  hourly,
  length,
  list,
  monthly,
  text,
  type ResourceType,
} from './resource-type.ts';
import * as forms from './text-forms.ts';

/**
 * Every resource type that terraform/aws declares, one row each, for the provider build, the emulator's endpoints, the
 * report, the cost estimate and the checks on names. A test compares the rows with the files.
 *
 * Prices: list prices of us-east-1 in USD, on demand, without tax, from docs/aws-compute-strategy.md, which lists the
 * sources; AWS's own price list could not be reached. Other regions differ by up to a fifth.
 */
export const PRICES_OF = '2026-11';
export const PRICED_REGION = 'us-east-1';

const PUBLIC_ADDRESS = { item: 'public IPv4 address', usd: 0.005, per: 'hour' } as const;
const FARGATE = {
  ARM64: { vcpuHour: 0.03238, gibHour: 0.00356 },
  X86_64: { vcpuHour: 0.04048, gibHour: 0.004445 },
};

export const RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  // Entry
  aws_route53_record: {
    service: 'route53',
    // Names that begin with _ are records with which ACM and others verify the domain's owner.
    card: card('In front', 'Route 53', (ones) =>
      [...new Set(ones.map((one) => text(one, 'name')))].filter((name) => !name.startsWith('_')),
    ),
  },
  // Price for an endpoint outside AWS, with HTTPS.
  aws_route53_health_check: { service: 'route53', prices: monthly('health check', 1.75) },
  aws_acm_certificate: {
    service: 'acm',
    card: card('In front', 'Certificate', (ones) =>
      ones.flatMap((one) => [text(one, 'domain_name'), 'renewed by ACM']),
    ),
  },
  aws_acm_certificate_validation: { service: 'acm' },
  aws_wafv2_web_acl: {
    service: 'wafv2',
    prices: (one) => [
      { item: 'firewall', count: 1, usd: 5, per: 'month' },
      { item: 'firewall rule', count: length(one, 'rule', 0), usd: 1, per: 'month' },
    ],
    texts: {
      name: forms.FIREWALL_NAME,
      description: forms.FIREWALL_TEXT,
      'visibility_config.0.metric_name': forms.FIREWALL_NAME,
    },
    card: card('In front', 'Firewall (WAF)', ([one = {}]) =>
      list(one, 'rule').map((rule) => text(rule, 'name')),
    ),
  },
  aws_wafv2_web_acl_association: { service: 'wafv2' },
  aws_wafv2_web_acl_logging_configuration: { service: 'wafv2' },
  aws_lb: {
    service: 'elbv2',
    prices: (one) => [
      { item: 'load balancer', count: 1, usd: 0.0225, per: 'hour' },
      // An internet-facing load balancer has one public address per zone.
      { ...PUBLIC_ADDRESS, count: one['internal'] === true ? 0 : length(one, 'subnets', 2) },
    ],
    texts: { name: forms.BALANCER_NAME },
    card: card('In front', 'Load balancer', (ones, all) =>
      ones.flatMap((one) => [
        `ports ${all('aws_lb_listener')
          .map((listener) => Number(listener['port']))
          .toSorted((a, b) => a - b)
          .join(', ')}`,
        `idle timeout ${text(one, 'idle_timeout')} s`,
        `${all('aws_lb_listener_rule').length} rules, refuses by default`,
      ]),
    ),
  },
  aws_lb_listener: { service: 'elbv2' },
  aws_lb_listener_rule: { service: 'elbv2' },
  aws_lb_target_group: { service: 'elbv2', texts: { name: forms.BALANCER_NAME } },
  aws_lb_trust_store: { service: 'elbv2', texts: { name: forms.BALANCER_NAME } },

  // Compute
  aws_ecs_cluster: {
    service: 'ecs',
    texts: { name: forms.word(255, 'AmazonECS/latest/APIReference/API_CreateCluster.html') },
  },
  aws_ecs_service: {
    service: 'ecs',
    prices: (one, all) => {
      const [task] = all('aws_ecs_task_definition');
      if (!task) return [];
      const [platform = {}] = list(task, 'runtime_platform');
      const architecture = platform['cpu_architecture'] === 'ARM64' ? 'ARM64' : 'X86_64';
      const { vcpuHour, gibHour } = FARGATE[architecture];
      const usd = (Number(task['cpu']) * vcpuHour + Number(task['memory']) * gibHour) / 1024;
      const size = `${Number(task['cpu']) / 1024} vCPU, ${Number(task['memory']) / 1024} GiB`;
      return [
        {
          item: `task, ${architecture}, ${size}`,
          count: Number(one['desired_count'] ?? 0),
          usd,
          per: 'hour',
        },
      ];
    },
    texts: { name: forms.word(255, 'AmazonECS/latest/APIReference/API_CreateService.html') },
    card: card('Running', 'ECS service', (ones) =>
      ones.flatMap((one) => [
        `${text(one, 'name')}, in private subnets`,
        `rolls out at ${text(one, 'deployment_minimum_healthy_percent')} to ${text(one, 'deployment_maximum_percent')} %`,
        ...(list(one, 'deployment_circuit_breaker').length > 0 ? ['circuit breaker with rollback'] : []),
      ]),
    ),
  },
  aws_ecs_task_definition: {
    service: 'ecs',
    texts: { family: forms.word(255, 'AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html') },
    card: card('Running', 'Task on Fargate', (ones) =>
      ones.flatMap((one) => {
        const { portMappings, user = 'root', readonlyRootFilesystem: isReadOnly } = containerOf(one);
        return [
          `${text(one, 'cpu')} CPU units, ${text(one, 'memory')} MB`,
          `port ${portMappings?.[0]?.containerPort ?? 'none'}, user ${user}`,
          `root file system ${isReadOnly ? 'read-only' : 'writable'}`,
        ];
      }),
    ),
  },
  aws_appautoscaling_target: {
    service: 'appautoscaling',
    card: card('Running', 'Autoscaling', (ones, all) =>
      ones.flatMap((one) => [
        `${text(one, 'min_capacity')} to ${text(one, 'max_capacity')} tasks`,
        `on ${all('aws_appautoscaling_policy')
          .map((policy) => text(policy, 'name'))
          .join(' and ')}`,
      ]),
    ),
  },
  aws_appautoscaling_policy: {
    service: 'appautoscaling',
    texts: { name: forms.line(256, 'autoscaling/application/APIReference/API_PutScalingPolicy.html') },
  },
  aws_ecr_repository: {
    service: 'ecr',
    texts: {
      name: forms.form(
        /^(?=.{2,256}$)[a-z0-9]+(?:[._-][a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-][a-z0-9]+)*)*$/,
        'AmazonECR/latest/APIReference/API_CreateRepository.html',
      ),
    },
    card: card('Running', 'Images', (ones) =>
      ones.flatMap((one) => [text(one, 'name'), `tags ${text(one, 'image_tag_mutability').toLowerCase()}`]),
    ),
  },
  aws_ecr_lifecycle_policy: { service: 'ecr' },

  // Storage
  aws_secretsmanager_secret: {
    service: 'secretsmanager',
    prices: monthly('secret', 0.4),
    texts: {
      // AWS advises against a hyphen and six characters at the end, which look like its own suffix; this does not
      // matter here, as full ARNs are used.
      name: forms.form(/^[\w/+=.@-]{1,512}$/, 'secretsmanager/latest/apireference/API_CreateSecret.html'),
      description: forms.upTo(2048, 'secretsmanager/latest/apireference/API_CreateSecret.html'),
    },
    card: card('Keeping', 'Secrets Manager', (ones) =>
      ones.map((one) => text(one, 'name').split('/').at(-1) ?? ''),
    ),
  },
  aws_kms_key: {
    service: 'kms',
    prices: monthly('key', 1),
    texts: { description: forms.upTo(8192, 'kms/latest/APIReference/API_CreateKey.html') },
    card: card('Keeping', 'KMS keys', (ones) => [
      ...ones.map((one) => text(one, 'description')),
      ...(ones.length > 0 && ones.every((one) => one['enable_key_rotation'] === true)
        ? ['rotated every year']
        : []),
    ]),
  },
  aws_kms_alias: {
    service: 'kms',
    texts: {
      name: forms.form(
        /^alias\/(?!aws\/)[a-zA-Z0-9/_-]{1,250}$/,
        'kms/latest/APIReference/API_CreateAlias.html',
      ),
    },
  },
  aws_s3_bucket: {
    service: 's3',
    texts: {
      bucket: forms.form(
        /^(?!xn--|sthree-|amzn-s3-demo-)(?!.*(?:-s3alias|--ol-s3|\.mrap|--x-s3)$)[a-z0-9](?:[a-z0-9-]{1,61})[a-z0-9]$/,
        'AmazonS3/latest/userguide/bucketnamingrules.html',
      ),
    },
    card: card('Keeping', 'Buckets', each('bucket')),
  },
  aws_s3_bucket_lifecycle_configuration: { service: 's3' },
  aws_s3_bucket_ownership_controls: { service: 's3' },
  aws_s3_bucket_policy: { service: 's3' },
  aws_s3_bucket_public_access_block: { service: 's3' },
  aws_s3_bucket_server_side_encryption_configuration: { service: 's3' },
  aws_s3_bucket_versioning: { service: 's3' },
  aws_s3_object: { service: 's3' },

  // Monitoring
  aws_cloudwatch_log_group: {
    service: 'logs',
    texts: {
      name: forms.form(
        /^[.\-_/#A-Za-z0-9]{1,512}$/,
        'AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html',
      ),
    },
    card: card('Watching', 'Logs', (ones) =>
      ones.map((one) => `${text(one, 'name')}, ${text(one, 'retention_in_days')} days`),
    ),
  },
  aws_cloudwatch_metric_alarm: {
    service: 'cloudwatch',
    // Priced by the metrics that an alarm looks at.
    prices: (one) => {
      const metrics = list(one, 'metric_query').filter((query) => list(query, 'metric').length > 0);
      return [{ item: 'alarm', count: Math.max(1, metrics.length), usd: 0.1, per: 'month' }];
    },
    texts: {
      alarm_name: forms.line(255, 'AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html'),
      alarm_description: forms.upTo(1024, 'AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html'),
    },
    card: card('Watching', 'Alarms', each('alarm_name')),
  },
  aws_cloudwatch_composite_alarm: {
    service: 'cloudwatch',
    prices: monthly('composite alarm', 0.5),
    texts: {
      alarm_name: forms.line(255, 'AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html'),
      alarm_description: forms.upTo(1024, 'AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html'),
    },
    card: card('Watching', 'Objectives', each('alarm_name')),
  },
  aws_cloudwatch_dashboard: {
    service: 'cloudwatch',
    prices: monthly('dashboard', 3, 3),
    texts: {
      dashboard_name: forms.word(255, 'AmazonCloudWatch/latest/APIReference/API_PutDashboard.html'),
    },
  },
  aws_sns_topic: {
    service: 'sns',
    texts: { name: forms.word(256, 'sns/latest/api/API_CreateTopic.html') },
  },
  aws_sns_topic_policy: { service: 'sns' },
  aws_sns_topic_subscription: {
    service: 'sns',
    card: card('Watching', 'Told to', each('endpoint')),
  },
  aws_budgets_budget: {
    service: 'budgets',
    texts: {
      name: forms.form(
        /^(?!.*\/action\/)[^:\\]{1,100}$/i,
        'aws-cost-management/latest/APIReference/API_budgets_Budget.html',
      ),
    },
    card: card('Watching', 'Budget', (ones) =>
      ones.map((one) => `${text(one, 'limit_amount')} ${text(one, 'limit_unit')} a month`),
    ),
  },

  // Network; the report draws it as a separate picture
  aws_vpc: { service: 'ec2' },
  aws_subnet: { service: 'ec2' },
  aws_internet_gateway: { service: 'ec2' },
  aws_nat_gateway: { service: 'ec2', prices: hourly('NAT gateway', 0.045) },
  aws_eip: { service: 'ec2', prices: () => [{ ...PUBLIC_ADDRESS, count: 1 }] },
  aws_route_table: { service: 'ec2' },
  aws_route_table_association: { service: 'ec2' },
  aws_flow_log: { service: 'ec2' },
  aws_default_security_group: { service: 'ec2' },
  aws_security_group: { service: 'ec2', texts: { name: forms.GROUP_NAME, description: forms.GROUP_TEXT } },
  aws_vpc_security_group_egress_rule: { service: 'ec2', texts: { description: forms.GROUP_TEXT } },
  aws_vpc_security_group_ingress_rule: { service: 'ec2', texts: { description: forms.GROUP_TEXT } },
  aws_vpc_endpoint: {
    service: 'ec2',
    prices: (one) =>
      one['vpc_endpoint_type'] === 'Interface'
        ? [
            {
              item: 'interface endpoint and zone',
              count: length(one, 'subnet_ids', 2),
              usd: 0.01,
              per: 'hour',
            },
          ]
        : [],
  },

  // Identities; the report lists their permissions
  aws_iam_openid_connect_provider: { service: 'iam' },
  aws_iam_policy: { service: 'iam', texts: { name: forms.POLICY_NAME, description: forms.IAM_TEXT } },
  aws_iam_role: { service: 'iam', texts: { name: forms.ROLE_NAME, description: forms.IAM_TEXT } },
  aws_iam_role_policy: { service: 'iam', texts: { name: forms.POLICY_NAME } },
  aws_iam_role_policy_attachment: { service: 'iam' },
};

/** Packages that the provider needs in addition: caller identity, and the tags of buckets. */
const MORE_SERVICES = ['s3control', 'sts'];

/** The AWS services that are called; the rehearsal points the endpoint of each at the emulator. */
export const SERVICES: readonly string[] = [
  ...new Set([...Object.values(RESOURCE_TYPES).map(({ service }) => service), ...MORE_SERVICES]),
].toSorted();
