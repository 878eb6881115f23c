import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { AwsRefusal, startAnyClient, type AnyClient, type AwsError } from './any-client.ts';
import { startKit, type EmulatorKit } from './kit.ts';

// Other work on the machine must not make a slow answer a failure.
setDefaultTimeout(120_000);

type Params = Record<string, unknown>;
interface Case {
  /** Of the table in rehearsal/aws. */
  rule: string;
  call: string;
  params: Params | (() => Promise<Params>);
  sentence: RegExp;
}

let kit: EmulatorKit;
let aws: AnyClient;
const seen = new Set<string>();

beforeAll(async () => {
  kit = await startKit();
  aws = startAnyClient(kit.python, kit.emulator.url);
});
afterAll(async () => {
  aws.stop();
  await kit.end();
});

async function refusal(call: string, params: Params): Promise<AwsError> {
  try {
    await aws.call(call, params);
  } catch (error) {
    if (error instanceof AwsRefusal) return error.error;
    throw error;
  }
  throw new Error(`${call} was accepted`);
}

// What AWS's service models say, in each of their protocols.
test.each([
  ['ec2', 'ec2:DeleteVpc', {}, 'MissingParameter', /must contain the parameter VpcId/],
  [
    'query',
    'iam:CreateRole',
    { RoleName: 'a!b', AssumeRolePolicyDocument: '{}' },
    'ValidationError',
    /'RoleName'.*regular expression pattern/,
  ],
  [
    'query',
    'elbv2:CreateTargetGroup',
    { Name: 'a', Port: 800_000 },
    'ValidationError',
    /'Port'.*less than or equal to 65535/,
  ],
  [
    'json',
    'logs:PutRetentionPolicy',
    { logGroupName: '', retentionInDays: 3 },
    'InvalidParameterException',
    /length greater than or equal to 1/,
  ],
  [
    'json',
    'secretsmanager:CreateSecret',
    { Name: 'x', ClientRequestToken: 'a' },
    'ValidationException',
    /length greater than or equal to 32/,
  ],
  [
    'json',
    'ecs:CreateService',
    { serviceName: 'x', launchType: 'FOO' },
    'InvalidParameterException',
    /enum value set: \[EC2, FARGATE/,
  ],
  ['json', 'wafv2:CreateWebACL', { Name: 'x y' }, 'ValidationException', /4 validation errors.*'Scope'/],
  [
    'rest-xml',
    'route53:ChangeResourceRecordSets',
    { HostedZoneId: 'Z1', ChangeBatch: { Changes: [{ Action: 'FOO' }] } },
    'InvalidInput',
    /'ChangeBatch.Changes.1.member.Action'/,
  ],
  [
    'rest-xml',
    's3:PutBucketAcl',
    { Bucket: 'bucket', ACL: 'foo' },
    'InvalidArgument',
    /'ACL'.*enum value set/,
  ],
  [
    'CBOR',
    'cloudwatch:PutMetricAlarm',
    { AlarmName: 'x', EvaluationPeriods: 1, ComparisonOperator: 'G' },
    'ValidationError',
    /ComparisonOperator/,
  ],
] as const)('over %s, %s is held against its model', async (_protocol, call, params, code, sentence) => {
  const { code: said, message } = await refusal(call, params);
  expect(said).toBe(code);
  expect(message).toMatch(sentence);
});

test('a request that names no operation is not passed on', async () => {
  const response = await fetch(`${kit.emulator.url}/no/such/thing`, {
    method: 'POST',
    headers: { authorization: 'AWS4-HMAC-SHA256 Credential=k/20260101/us-east-1/ecr/aws4_request' },
  });
  expect(response.status).toBe(400);
  expect(await response.text()).toContain('no operation of ecr');
});

const CONTAINER = { name: 'agent', image: 'image:1' };
const fargate = (more: Params = {}, container: Params = {}): Params => ({
  family: 'agent',
  requiresCompatibilities: ['FARGATE'],
  networkMode: 'awsvpc',
  cpu: '256',
  memory: '512',
  containerDefinitions: [{ ...CONTAINER, ...container }],
  ...more,
});
const alarm = (more: Params): Params => ({
  AlarmName: 'x',
  ComparisonOperator: 'GreaterThanThreshold',
  EvaluationPeriods: 1,
  ...more,
});
const webAcl = (priorities: readonly number[]): Params => {
  const VisibilityConfig = { SampledRequestsEnabled: true, CloudWatchMetricsEnabled: true, MetricName: 'm' };
  const rule = (Priority: number, index: number): Params => ({
    Name: `r${index}`,
    Priority,
    Statement: { GeoMatchStatement: { CountryCodes: ['DE'] } },
    Action: { Block: {} },
    VisibilityConfig,
  });
  return {
    Name: 'acl',
    Scope: 'REGIONAL',
    DefaultAction: { Allow: {} },
    VisibilityConfig,
    Rules: priorities.map(rule),
  };
};
const LONG_POLICY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'x'.repeat(6200), Resource: '*' }],
});
const ANYBODY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});

// Values alone.
const VALUES: Case[] = [
  {
    rule: 'group-description',
    call: 'ec2:CreateSecurityGroup',
    params: { GroupName: 'a', Description: "the agent's" },
    sentence: /following set: a-zA-Z0-9/,
  },
  {
    rule: 'group-name',
    call: 'ec2:CreateSecurityGroup',
    params: { GroupName: 'sg-a', Description: 'a' },
    sentence: /format sg-\*/,
  },
  {
    rule: 'group-rule-description',
    call: 'ec2:AuthorizeSecurityGroupEgress',
    params: {
      GroupId: 'sg-1',
      IpPermissions: [
        {
          IpProtocol: 'tcp',
          FromPort: 443,
          ToPort: 443,
          IpRanges: [{ CidrIp: '0.0.0.0/0', Description: "To the token issuer's key set" }],
        },
      ],
    },
    sentence: /^Invalid rule description\. Valid descriptions are strings less than 256 characters/,
  },
  {
    rule: 'subnet-range',
    call: 'ec2:CreateSubnet',
    params: { VpcId: 'vpc-1', CidrBlock: '10.0.0.0/30' },
    sentence: /invalid/,
  },
  {
    rule: 'balancer-name',
    call: 'elbv2:CreateLoadBalancer',
    params: { Name: 'internal-a' },
    sentence: /internal-/,
  },
  {
    rule: 'rule-values',
    call: 'elbv2:CreateRule',
    params: {
      ListenerArn: 'arn',
      Priority: 1,
      Actions: [{ Type: 'forward' }],
      Conditions: [
        { Field: 'path-pattern', PathPatternConfig: { Values: ['/1', '/2', '/3', '/4', '/5', '/6'] } },
      ],
    },
    sentence: /'5' condition values/,
  },
  {
    rule: 'fargate-size',
    call: 'ecs:RegisterTaskDefinition',
    params: fargate({ memory: '4096' }),
    sentence: /^No Fargate configuration exists/,
  },
  {
    rule: 'fargate-network',
    call: 'ecs:RegisterTaskDefinition',
    params: fargate({ networkMode: 'bridge' }),
    sentence: /awsvpc/,
  },
  {
    rule: 'fargate-stop-timeout',
    call: 'ecs:RegisterTaskDefinition',
    params: fargate({}, { stopTimeout: 121 }),
    sentence: /120/,
  },
  {
    rule: 'fargate-capabilities',
    call: 'ecs:RegisterTaskDefinition',
    params: fargate({}, { linuxParameters: { capabilities: { add: ['NET_ADMIN'] } } }),
    sentence: /SYS_PTRACE/,
  },
  {
    rule: 'fargate-execution-role',
    call: 'ecs:RegisterTaskDefinition',
    params: fargate({}, { secrets: [{ name: 'a', valueFrom: 'arn' }] }),
    sentence: /execution role ARN/,
  },
  {
    rule: 'role-trust-size',
    call: 'iam:CreateRole',
    params: { RoleName: 'a', AssumeRolePolicyDocument: `${ANYBODY}${'x'.repeat(2048)}` },
    sentence: /ACLSizePerRole: 2048/,
  },
  {
    rule: 'policy-size',
    call: 'iam:CreatePolicy',
    params: { PolicyName: 'a', PolicyDocument: LONG_POLICY },
    sentence: /PolicySize: 6144/,
  },
  {
    rule: 'log-retention',
    call: 'logs:PutRetentionPolicy',
    params: { logGroupName: 'a', retentionInDays: 15 },
    sentence: /retentionInDays/,
  },
  {
    rule: 'log-group-reserved',
    call: 'logs:CreateLogGroup',
    params: { logGroupName: 'aws/mine' },
    sentence: /reserved for AWS/,
  },
  {
    rule: 'key-waiting-time',
    call: 'kms:ScheduleKeyDeletion',
    params: { KeyId: 'a', PendingWindowInDays: 3 },
    sentence: /between 7 and 30/,
  },
  {
    rule: 'key-alias-reserved',
    call: 'kms:CreateAlias',
    params: { AliasName: 'alias/aws/mine', TargetKeyId: 'a' },
    sentence: /reserved/,
  },
  {
    rule: 'key-lockout',
    call: 'kms:CreateKey',
    params: {
      Policy:
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"kms:Decrypt","Resource":"*"}]}',
    },
    sentence: /update the key policy in the future/,
  },
  {
    rule: 'firewall-log-name',
    call: 'wafv2:PutLoggingConfiguration',
    params: {
      LoggingConfiguration: {
        ResourceArn: 'arn:aws:wafv2:us-east-1:123456789012:regional/webacl/a/1',
        LogDestinationConfigs: ['arn:aws:logs:us-east-1:123456789012:log-group:mine'],
      },
    },
    sentence: /LOG_DESTINATION/,
  },
  {
    rule: 'firewall-priorities',
    call: 'wafv2:CreateWebACL',
    params: webAcl([1, 1]),
    sentence: /duplicate rule priorities/,
  },
  {
    rule: 'scaling-range',
    call: 'application-autoscaling:RegisterScalableTarget',
    params: {
      ServiceNamespace: 'ecs',
      ResourceId: 'service/a/b',
      ScalableDimension: 'ecs:service:DesiredCount',
      MinCapacity: 3,
      MaxCapacity: 2,
    },
    sentence: /less than minimum/,
  },
  {
    rule: 'alarm-period',
    call: 'cloudwatch:PutMetricAlarm',
    params: alarm({ Period: 45 }),
    sentence: /multiple of 60/,
  },
  {
    rule: 'alarm-span',
    call: 'cloudwatch:PutMetricAlarm',
    params: alarm({ Period: 300, EvaluationPeriods: 300 }),
    sentence: /more than a day/,
  },
  {
    rule: 'tag-reserved',
    call: 'ecs:CreateCluster',
    params: { clusterName: 'a', tags: [{ key: 'aws:mine', value: 'x' }] },
    sentence: /reserved for internal use/,
  },
  {
    rule: 'tag-length',
    call: 'ecs:CreateCluster',
    params: { clusterName: 'a', tags: [{ key: 'a', value: 'x'.repeat(257) }] },
    sentence: /256/,
  },
];

/** What an environment has: network, load balancer with a listener, gateway, endpoint, service. */
interface Made {
  vpc: string;
  subnet: string;
  group: string;
  allocation: string;
  certificate: string;
  aclId: string;
  lockToken: string;
  zone: string;
  awayGroup: string;
  /** With a gateway and nothing else. */
  emptyVpc: string;
}

let made: Made;
const text = (value: unknown, ...path: (string | number)[]): string => {
  let found = value;
  for (const name of path) found = (found as Record<string | number, unknown>)[name];
  if (typeof found !== 'string') throw new Error(`no text at ${path.join('.')}`);
  return found;
};

async function makeAccount(): Promise<Made> {
  const vpc = text(await aws.call('ec2:CreateVpc', { CidrBlock: '10.0.0.0/16' }), 'Vpc', 'VpcId');
  const subnets: string[] = [];
  for (const [index, zone] of ['us-east-1a', 'us-east-1b'].entries())
    subnets.push(
      text(
        await aws.call('ec2:CreateSubnet', {
          VpcId: vpc,
          CidrBlock: `10.0.${index}.0/24`,
          AvailabilityZone: zone,
        }),
        'Subnet',
        'SubnetId',
      ),
    );
  const group = text(
    await aws.call('ec2:CreateSecurityGroup', { GroupName: 'alb', Description: 'alb', VpcId: vpc }),
    'GroupId',
  );
  const gateway = text(await aws.call('ec2:CreateInternetGateway'), 'InternetGateway', 'InternetGatewayId');
  await aws.call('ec2:AttachInternetGateway', { InternetGatewayId: gateway, VpcId: vpc });
  const allocation = text(await aws.call('ec2:AllocateAddress', { Domain: 'vpc' }), 'AllocationId');
  await aws.call('ec2:CreateNatGateway', { SubnetId: subnets[0], AllocationId: allocation });
  const balancer = text(
    await aws.call('elbv2:CreateLoadBalancer', {
      Name: 'alb',
      Subnets: subnets,
      SecurityGroups: [group],
      Scheme: 'internet-facing',
    }),
    'LoadBalancers',
    0,
    'LoadBalancerArn',
  );
  const certificate = text(
    await aws.call('acm:RequestCertificate', { DomainName: 'lornu.example', ValidationMethod: 'DNS' }),
    'CertificateArn',
  );
  await aws.call('elbv2:CreateListener', {
    LoadBalancerArn: balancer,
    Protocol: 'HTTPS',
    Port: 443,
    Certificates: [{ CertificateArn: certificate }],
    DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '401' } }],
  });
  const awayGroup = text(
    await aws.call('elbv2:CreateTargetGroup', {
      Name: 'away',
      Protocol: 'HTTP',
      Port: 8080,
      VpcId: vpc,
      TargetType: 'ip',
    }),
    'TargetGroups',
    0,
    'TargetGroupArn',
  );
  await aws.call('ecs:CreateCluster', { clusterName: 'c' });
  await aws.call('ecs:RegisterTaskDefinition', fargate());
  await aws.call('ecs:CreateService', {
    cluster: 'c',
    serviceName: 's',
    taskDefinition: 'agent',
    desiredCount: 0,
    launchType: 'FARGATE',
    networkConfiguration: { awsvpcConfiguration: { subnets: [subnets[1]], securityGroups: [group] } },
  });
  const acl = await aws.call('wafv2:CreateWebACL', webAcl([1]));
  await aws.call('wafv2:AssociateWebACL', { WebACLArn: text(acl, 'Summary', 'ARN'), ResourceArn: balancer });
  const zone = text(
    await aws.call('route53:CreateHostedZone', { Name: 'lornu.example', CallerReference: 'a' }),
    'HostedZone',
    'Id',
  );
  const record = {
    Name: 'agent.lornu.example',
    Type: 'A',
    TTL: 60,
    ResourceRecords: [{ Value: '203.0.113.1' }],
  };
  await aws.call('route53:ChangeResourceRecordSets', {
    HostedZoneId: zone,
    ChangeBatch: { Changes: [{ Action: 'CREATE', ResourceRecordSet: record }] },
  });
  await aws.call('secretsmanager:CreateSecret', { Name: 'lornu/a', SecretString: 'a' });
  await aws.call('secretsmanager:DeleteSecret', { SecretId: 'lornu/a' });
  await aws.call('iam:CreateRole', { RoleName: 'full', AssumeRolePolicyDocument: ANYBODY });
  for (let count = 0; count < 10; count++) {
    const { Policy } = await aws.call('iam:CreatePolicy', {
      PolicyName: `p${count}`,
      PolicyDocument: ANYBODY.replace(/"Principal":\{[^}]*\}/, '"Resource":"*"'),
    });
    await aws.call('iam:AttachRolePolicy', { RoleName: 'full', PolicyArn: text(Policy, 'Arn') });
  }
  const emptyVpc = text(await aws.call('ec2:CreateVpc', { CidrBlock: '10.1.0.0/16' }), 'Vpc', 'VpcId');
  const other = text(await aws.call('ec2:CreateInternetGateway'), 'InternetGateway', 'InternetGatewayId');
  await aws.call('ec2:AttachInternetGateway', { InternetGatewayId: other, VpcId: emptyVpc });
  return {
    emptyVpc,
    vpc,
    subnet: subnets[0] ?? '',
    group,
    allocation,
    certificate,
    zone,
    awayGroup,
    aclId: text(acl, 'Summary', 'Id'),
    lockToken: text(acl, 'Summary', 'LockToken'),
  };
}

const ACCOUNT: Case[] = [
  {
    rule: 'group-in-use',
    call: 'ec2:DeleteSecurityGroup',
    params: async () => ({ GroupId: made.group }),
    sentence: /has a dependent object/,
  },
  {
    rule: 'subnet-in-use',
    call: 'ec2:DeleteSubnet',
    params: async () => ({ SubnetId: made.subnet }),
    sentence: /has dependencies and cannot be deleted/,
  },
  {
    rule: 'vpc-in-use',
    call: 'ec2:DeleteVpc',
    params: async () => ({ VpcId: made.emptyVpc }),
    sentence: /has dependencies and cannot be deleted/,
  },
  {
    rule: 'public-addresses',
    call: 'ec2:DetachInternetGateway',
    params: async () => ({ VpcId: made.vpc, InternetGatewayId: 'igw-1' }),
    sentence: /mapped public address/,
  },
  {
    rule: 'address-in-use',
    call: 'ec2:ReleaseAddress',
    params: async () => ({ AllocationId: made.allocation }),
    sentence: /in use/,
  },
  {
    rule: 'cluster-in-use',
    call: 'ecs:DeleteCluster',
    params: { cluster: 'c' },
    sentence: /while Services are active/,
  },
  {
    rule: 'group-without-balancer',
    call: 'ecs:CreateService',
    params: async () => ({
      cluster: 'c',
      serviceName: 't',
      taskDefinition: 'agent',
      loadBalancers: [{ targetGroupArn: made.awayGroup, containerName: 'agent', containerPort: 8080 }],
    }),
    sentence: /does not have an associated load balancer/,
  },
  {
    rule: 'certificate-in-use',
    call: 'acm:DeleteCertificate',
    params: async () => ({ CertificateArn: made.certificate }),
    sentence: /is in use/,
  },
  {
    rule: 'firewall-in-use',
    call: 'wafv2:DeleteWebACL',
    params: async () => ({ Name: 'acl', Scope: 'REGIONAL', Id: made.aclId, LockToken: made.lockToken }),
    sentence: /being used by another resource/,
  },
  {
    rule: 'other-records',
    call: 'route53:ChangeResourceRecordSets',
    params: async () => ({
      HostedZoneId: made.zone,
      ChangeBatch: {
        Changes: [
          {
            Action: 'CREATE',
            ResourceRecordSet: {
              Name: 'agent.lornu.example',
              Type: 'A',
              SetIdentifier: 'aws',
              Failover: 'PRIMARY',
              TTL: 60,
              ResourceRecords: [{ Value: '203.0.113.2' }],
            },
          },
        ],
      },
    }),
    sentence: /other RRSets exist with the same name and type/,
  },
  {
    rule: 'secret-name-waits',
    call: 'secretsmanager:CreateSecret',
    params: { Name: 'lornu/a' },
    sentence: /already scheduled for deletion/,
  },
  {
    rule: 'role-policies',
    call: 'iam:AttachRolePolicy',
    params: { RoleName: 'full', PolicyArn: 'arn:aws:iam::123456789012:policy/other' },
    sentence: /PoliciesPerRole: 10/,
  },
  {
    rule: 'role-inline-size',
    call: 'iam:PutRolePolicy',
    params: { RoleName: 'full', PolicyName: 'a', PolicyDocument: 'x'.repeat(10_241) },
    sentence: /10240 bytes/,
  },
];

describe('what the models do not say', () => {
  beforeAll(async () => {
    made = await makeAccount();
  });

  test.each([...VALUES, ...ACCOUNT])('$rule', async ({ rule, call, params, sentence }) => {
    const { message } = await refusal(call, typeof params === 'function' ? await params() : params);
    expect(message).toMatch(sentence);
    seen.add(rule);
  });

  test('each rule has been seen, with the page of AWS that it follows', async () => {
    const rules = await kit.emulator.sideDoor.rules();
    expect(rules.map(({ id }) => id).toSorted()).toEqual([...seen].toSorted());
    for (const { page } of rules) expect(page).toStartWith('https://docs.aws.amazon.com/');
  });

  test('what is allowed is taken', async () => {
    await aws.call('ec2:CreateSecurityGroup', {
      GroupName: 'b',
      Description: 'To the key set of the token issuer',
      VpcId: made.vpc,
    });
    await aws.call(
      'ecs:RegisterTaskDefinition',
      fargate({ memory: '1024' }, { stopTimeout: 120, linuxParameters: { capabilities: { drop: ['ALL'] } } }),
    );
  });
});

test('a container is read back with the lists that ECS fills in', async () => {
  const { taskDefinition } = await aws.call('ecs:DescribeTaskDefinition', { taskDefinition: 'agent' });
  const [container] = (taskDefinition as { containerDefinitions: { linuxParameters: unknown }[] })
    .containerDefinitions;
  expect(container?.linuxParameters).toEqual({ devices: [], capabilities: { add: [], drop: ['ALL'] } });
});
