import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import type { CliError } from '@lornu/ops/base/cli-error.ts';
import { createAwsClients } from '@lornu/rehearsal/emulator/aws-clients.ts';
import { githubToken } from '@lornu/rehearsal/iam/sign-in.ts';
import { tryRoles } from '@lornu/rehearsal/run/try-roles.ts';
import { startAnyClient, type Key } from './any-client.ts';
import { startKit } from './kit.ts';
import { ACCOUNT, allow, policy, refusal } from './policies.ts';

// Other work on the machine must not make a slow answer a failure.
setDefaultTimeout(120_000);

const ROLE = `arn:aws:iam::${ACCOUNT}:role/agent`;
const TASKS = 'ecs-tasks.amazonaws.com';

const trusting = (principal: object): string =>
  policy({ Effect: 'Allow', Principal: principal, Action: 'sts:AssumeRole' });

/** Keys of a task that ECS started with the role. */
async function taskKeys(): Promise<Key> {
  const { credentials } = await kit.emulator.sideDoor.startSession({
    roleArn: ROLE,
    session: 'task',
    service: TASKS,
    seconds: 3600,
    context: { 'aws:SourceAccount': ACCOUNT, 'aws:SourceArn': `arn:aws:ecs:us-east-1:${ACCOUNT}:task/a/b` },
  });
  return [
    credentials?.accessKeyId ?? '',
    credentials?.secretAccessKey ?? '',
    credentials?.sessionToken ?? '',
  ];
}

async function assume(role: string, more: object = {}, as?: Key): Promise<Key> {
  const { Credentials } = await aws.call(
    'sts:AssumeRole',
    { RoleArn: role, RoleSessionName: 'person', ...more },
    as,
  );
  const given = Credentials as { AccessKeyId: string; SecretAccessKey: string; SessionToken: string };
  return [given.AccessKeyId, given.SecretAccessKey, given.SessionToken];
}

const kit = await startKit();
const aws = startAnyClient(kit.python, kit.emulator.url);
const here = { AWS: `arn:aws:iam::${ACCOUNT}:root` };
await aws.call('iam:CreateRole', {
  RoleName: 'agent',
  AssumeRolePolicyDocument: trusting({ ...here, Service: TASKS }),
});
await aws.call('iam:PutRolePolicy', {
  RoleName: 'agent',
  PolicyName: 'p',
  PolicyDocument: policy(allow('All', ['s3:*', 'sns:*', 'ec2:Describe*'])),
});
afterAll(async () => {
  aws.stop();
  await kit.end();
});

describe('a role is had by sts:AssumeRole', () => {
  test('where its trust policy names the account, and the caller may ask for it', async () => {
    const { Arn } = await aws.call('sts:GetCallerIdentity', {}, await assume(ROLE));
    expect(Arn).toBe(`arn:aws:sts::${ACCOUNT}:assumed-role/agent/person`);
  });

  test('not where it trusts a service alone, whatever the caller may', async () => {
    await aws.call('iam:CreateRole', {
      RoleName: 'tasks-only',
      AssumeRolePolicyDocument: trusting({ Service: TASKS }),
    });
    const said = await refusal(assume(`arn:aws:iam::${ACCOUNT}:role/tasks-only`));
    expect(said).toMatchObject({ code: 'AccessDenied' });
  });
});

describe("a session's own policy", () => {
  test('narrows what its role may, and widens nothing', async () => {
    const Policy = policy(allow('Look', ['ec2:DescribeVpcs', 'iam:ListRoles']));
    const narrow = await assume(ROLE, { Policy });
    await aws.call('ec2:DescribeVpcs', {}, narrow);
    const left = await refusal(aws.call('ec2:DescribeSubnets', {}, narrow));
    expect(left.message).toMatch(/because no session policy allows the ec2:DescribeSubnets action$/);
    const added = await refusal(aws.call('iam:ListRoles', {}, narrow));
    expect(added.message).toMatch(/because no identity-based policy allows the iam:ListRoles action$/);
    // The role's other sessions are as before.
    await aws.call('ec2:DescribeSubnets', {}, await assume(ROLE));
  });

  test('may be managed policies too: each narrows as an inline one does, together they add up', async () => {
    const made = await aws.call('iam:CreatePolicy', {
      PolicyName: 'look',
      PolicyDocument: policy(allow('Look', ['ec2:DescribeVpcs', 'iam:ListRoles'])),
    });
    const { Arn: arn } = made['Policy'] as { Arn: string };
    const narrow = await assume(ROLE, { PolicyArns: [{ arn }] });
    await aws.call('ec2:DescribeVpcs', {}, narrow);
    const left = await refusal(aws.call('ec2:DescribeSubnets', {}, narrow));
    expect(left.message).toMatch(/because no session policy allows the ec2:DescribeSubnets action$/);
    const added = await refusal(aws.call('iam:ListRoles', {}, narrow));
    expect(added.message).toMatch(/because no identity-based policy allows the iam:ListRoles action$/);
    const Policy = policy(allow('More', ['ec2:DescribeSubnets']));
    const both = await assume(ROLE, { PolicyArns: [{ arn }], Policy });
    await aws.call('ec2:DescribeVpcs', {}, both);
    await aws.call('ec2:DescribeSubnets', {}, both);
    await refusal(aws.call('ec2:DescribeImages', {}, both));
    // What a deleted policy allowed, its sessions lose.
    await aws.call('iam:DeletePolicy', { PolicyArn: arn });
    expect((await refusal(aws.call('ec2:DescribeVpcs', {}, narrow))).message).toContain('no session policy');
  });

  test('may be a managed policy for a token of GitHub as well', async () => {
    await aws.call('iam:CreateOpenIDConnectProvider', {
      Url: 'https://token.actions.githubusercontent.com',
      ClientIDList: ['sts.amazonaws.com'],
      ThumbprintList: [],
    });
    const provider = `arn:aws:iam::${ACCOUNT}:oidc-provider/token.actions.githubusercontent.com`;
    await aws.call('iam:CreateRole', {
      RoleName: 'job',
      AssumeRolePolicyDocument: policy({
        Effect: 'Allow',
        Principal: { Federated: provider },
        Action: 'sts:AssumeRoleWithWebIdentity',
      }),
    });
    await aws.call('iam:PutRolePolicy', {
      RoleName: 'job',
      PolicyName: 'p',
      PolicyDocument: policy(allow('All', ['ec2:Describe*'])),
    });
    const made = await aws.call('iam:CreatePolicy', {
      PolicyName: 'subnets',
      PolicyDocument: policy(allow('Subnets', ['ec2:DescribeSubnets'])),
    });
    const { Credentials } = await aws.call('sts:AssumeRoleWithWebIdentity', {
      RoleArn: `arn:aws:iam::${ACCOUNT}:role/job`,
      RoleSessionName: 'run',
      WebIdentityToken: githubToken('repo:a/b:pull_request'),
      PolicyArns: [{ arn: (made['Policy'] as { Arn: string }).Arn }],
    });
    const given = Credentials as { AccessKeyId: string; SecretAccessKey: string; SessionToken: string };
    const keys: Key = [given.AccessKeyId, given.SecretAccessKey, given.SessionToken];
    await aws.call('ec2:DescribeSubnets', {}, keys);
    expect((await refusal(aws.call('ec2:DescribeVpcs', {}, keys))).message).toContain('no session policy');
  });
});

test('an endpoint of the VPC lets a task read what its policy names alone; others do not pass by it', async () => {
  await aws.call('s3:CreateBucket', { Bucket: 'layers' });
  await aws.call('s3:CreateBucket', { Bucket: 'elsewhere' });
  const task = await taskKeys();
  const read = async (Bucket: string, as?: Key) => aws.call('s3:ListObjectsV2', { Bucket }, as);
  await read('elsewhere', task);
  const { Vpc } = await aws.call('ec2:CreateVpc', { CidrBlock: '10.1.0.0/16' });
  const { VpcId } = Vpc as { VpcId: string };
  const { RouteTable } = await aws.call('ec2:CreateRouteTable', { VpcId });
  const { VpcEndpoint } = await aws.call('ec2:CreateVpcEndpoint', {
    VpcId,
    ServiceName: 'com.amazonaws.us-east-1.s3',
    VpcEndpointType: 'Gateway',
    RouteTableIds: [(RouteTable as { RouteTableId: string }).RouteTableId],
    PolicyDocument: policy(allow('Layers', 's3:*', 'arn:aws:s3:::layers*', { Principal: '*' })),
  });
  await read('layers', task);
  const said = await refusal(read('elsewhere', task));
  expect(said.message).toMatch(/because no VPC endpoint policy allows the s3:ListBucket action$/);
  await read('elsewhere');
  await read('elsewhere', await assume(ROLE));
  await aws.call('ec2:DeleteVpcEndpoints', {
    VpcEndpointIds: [(VpcEndpoint as { VpcEndpointId: string }).VpcEndpointId],
  });
  await read('elsewhere', task);
});

const denials = async (): Promise<string[]> =>
  (await kit.emulator.sideDoor.access()).denied
    .filter(({ operation }) => operation.startsWith('sns:Publish of the alarm'))
    .map(({ sentence }) => sentence);
const unheard = async (): Promise<string[]> =>
  (await kit.emulator.sideDoor.publishers()).flatMap(({ what, missing }) => (missing ? [what] : []));
const setState = async (StateValue: string) =>
  aws.call('cloudwatch:SetAlarmState', { AlarmName: 'a', StateValue, StateReason: 'test' });

test('an alarm publishes as CloudWatch where the topic and its key let it, and it is noted where they do not', async () => {
  const account = {
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
    Action: 'kms:*',
    Resource: '*',
  };
  const { KeyMetadata } = await aws.call('kms:CreateKey', { Policy: policy(account) });
  const KeyId = (KeyMetadata as { Arn: string }).Arn;
  const { TopicArn } = await aws.call('sns:CreateTopic', {
    Name: 'alarms',
    Attributes: { KmsMasterKeyId: KeyId },
  });
  await aws.call('cloudwatch:PutMetricAlarm', {
    AlarmName: 'a',
    ComparisonOperator: 'GreaterThanThreshold',
    EvaluationPeriods: 1,
    MetricName: 'm',
    Namespace: 'n',
    Period: 60,
    Statistic: 'Sum',
    Threshold: 1,
    AlarmActions: [TopicArn],
  });
  await setState('ALARM');
  expect(await denials()).toEqual([expect.stringMatching(/cloudwatch.*sns:Publish on resource: .*:alarms /)]);
  const fromHere = { Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT } } };
  const service = { Principal: { Service: 'cloudwatch.amazonaws.com' }, ...fromHere };
  await aws.call('sns:SetTopicAttributes', {
    TopicArn,
    AttributeName: 'Policy',
    AttributeValue: policy(allow('Alarms', 'sns:Publish', String(TopicArn), service)),
  });
  await setState('OK');
  await setState('ALARM');
  expect((await denials()).slice(1)).toEqual([expect.stringContaining('kms:GenerateDataKey')]);
  expect(await unheard()).toEqual(['alarm a']);
  await aws.call('kms:PutKeyPolicy', {
    KeyId,
    PolicyName: 'default',
    Policy: policy(account, allow('Alarms', ['kms:GenerateDataKey*', 'kms:Decrypt'], '*', service)),
  });
  await setState('OK');
  await setState('ALARM');
  expect(await denials()).toHaveLength(2);
  expect(await unheard()).toEqual([]);
});

describe('the calls of AWS and the agent are tried with their roles', () => {
  /** What each role needs: statements by name. */
  const NEEDED: Record<string, Record<string, string[]>> = {
    flow: { write: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'] },
    execution: {
      login: ['ecr:GetAuthorizationToken'],
      pull: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
      log: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      secrets: ['secretsmanager:GetSecretValue'],
      key: ['kms:Decrypt'],
    },
    task: {
      protect: ['ecs:GetTaskProtection', 'ecs:UpdateTaskProtection'],
      secrets: ['secretsmanager:GetSecretValue'],
      key: ['kms:Decrypt'],
    },
  };
  const applied = { cluster: 'tried', taskDefinition: 'tried' };
  const grant = async (role: string, left: string): Promise<unknown> =>
    aws.call('iam:PutRolePolicy', {
      RoleName: role,
      PolicyName: 'p',
      PolicyDocument: policy(
        ...Object.entries(NEEDED[role] ?? {})
          .filter(([name]) => name !== left)
          .map(([name, actions]) => allow(name, actions)),
        allow('Nothing', 'sqs:ListQueues'),
      ),
    });
  const tryAll = async (): Promise<string> =>
    tryRoles({ clients: createAwsClients(kit.emulator.url), emulator: kit.emulator }, applied);

  beforeAll(async () => {
    const arn = (role: string): string => `arn:aws:iam::${ACCOUNT}:role/${role}`;
    for (const role of Object.keys(NEEDED)) {
      const Service = role === 'flow' ? 'vpc-flow-logs.amazonaws.com' : TASKS;
      await aws.call('iam:CreateRole', { RoleName: role, AssumeRolePolicyDocument: trusting({ Service }) });
      await grant(role, 'none');
    }
    for (const logGroupName of ['/tried/flow', '/tried/task'])
      await aws.call('logs:CreateLogGroup', { logGroupName });
    const { Vpc } = (await aws.call('ec2:CreateVpc', { CidrBlock: '10.9.0.0/16' })) as {
      Vpc: { VpcId: string };
    };
    await aws.call('ec2:CreateFlowLogs', {
      ResourceIds: [Vpc.VpcId],
      ResourceType: 'VPC',
      TrafficType: 'ALL',
      LogDestination: `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:/tried/flow`,
      DeliverLogsPermissionArn: arn('flow'),
    });
    const { KeyMetadata } = (await aws.call('kms:CreateKey', {})) as { KeyMetadata: { Arn: string } };
    const secret = (await aws.call('secretsmanager:CreateSecret', {
      Name: 'tried',
      KmsKeyId: KeyMetadata.Arn,
    })) as { ARN: string };
    await aws.call('ecr:CreateRepository', { repositoryName: 'tried' });
    await aws.call('ecs:CreateCluster', { clusterName: 'tried' });
    await aws.call('ecs:RegisterTaskDefinition', {
      family: 'tried',
      requiresCompatibilities: ['FARGATE'],
      networkMode: 'awsvpc',
      cpu: '256',
      memory: '512',
      executionRoleArn: arn('execution'),
      taskRoleArn: arn('task'),
      containerDefinitions: [
        {
          name: 'tried',
          image: `${ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/tried@sha256:${'1'.repeat(64)}`,
          portMappings: [{ containerPort: 8080 }],
          environment: [{ name: 'LORNU_SECRET_ARN_KEY', value: secret.ARN }],
          secrets: [{ name: 'KEY', valueFrom: secret.ARN }],
          logConfiguration: {
            logDriver: 'awslogs',
            options: {
              'awslogs-group': '/tried/task',
              'awslogs-region': 'us-east-1',
              'awslogs-stream-prefix': 'tried',
            },
          },
        },
      ],
    });
  });

  test('all are allowed', async () => {
    expect(await tryAll()).toBe('13 calls with 3 roles');
    const { logStreams } = await aws.call('logs:DescribeLogStreams', { logGroupName: '/tried/flow' });
    expect(logStreams).toEqual([]);
  });

  test.each(
    Object.entries(NEEDED).flatMap(([role, statements]) =>
      Object.entries(statements).map(([name, actions]) => [role, name, actions] as const),
    ),
  )('the role %s without its statement %s is found', async (role, name, actions) => {
    await grant(role, name);
    const error = await tryAll().catch((cause: unknown) => cause);
    await grant(role, 'none');
    const { output = [] } = (error as CliError).parts;
    expect(output.length).toBeGreaterThan(0);
    for (const line of output)
      expect(line).toMatch(new RegExp(`^${role}: .*(${actions.join('|')}|Access to KMS is not allowed)`));
  });
});
