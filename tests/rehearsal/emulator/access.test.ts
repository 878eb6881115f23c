import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { githubToken } from '@lornu/rehearsal/iam/sign-in.ts';
import { startAnyClient, type Key } from './any-client.ts';
import { startKit } from './kit.ts';
import { ACCOUNT, allow, policy, refusal } from './policies.ts';

// Other work on the machine must not make a slow answer a failure.
setDefaultTimeout(120_000);

const ROLE = `arn:aws:iam::${ACCOUNT}:role/job`;
const SUBJECT = 'repo:a/b:environment:staging';
const BOUNDARY = `arn:aws:iam::${ACCOUNT}:policy/boundary`;

const REGION = { Condition: { StringEquals: { 'aws:RequestedRegion': 'us-east-1' } } };

async function signIn(role = ROLE, token = githubToken(SUBJECT), more: object = {}): Promise<Key> {
  const params = { RoleArn: role, RoleSessionName: 'run', WebIdentityToken: token, ...more };
  const { Credentials } = await aws.call('sts:AssumeRoleWithWebIdentity', params);
  const given = Credentials as { AccessKeyId: string; SecretAccessKey: string; SessionToken: string };
  return [given.AccessKeyId, given.SecretAccessKey, given.SessionToken];
}

async function makeRole(name: string, more: object = {}): Promise<void> {
  const statement = {
    Effect: 'Allow',
    Action: 'sts:AssumeRoleWithWebIdentity',
    Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/token.actions.githubusercontent.com` },
    Condition: {
      StringEquals: {
        'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
        'token.actions.githubusercontent.com:sub': [SUBJECT],
      },
    },
  };
  await aws.call('iam:CreateRole', { RoleName: name, AssumeRolePolicyDocument: policy(statement), ...more });
}

const kit = await startKit();
const aws = startAnyClient(kit.python, kit.emulator.url);
await aws.call('iam:CreateOpenIDConnectProvider', {
  Url: 'https://token.actions.githubusercontent.com',
  ClientIDList: ['sts.amazonaws.com'],
  ThumbprintList: [],
});
const newKey = async (): Promise<string> =>
  ((await aws.call('kms:CreateKey', {}))['KeyMetadata'] as { Arn: string }).Arn;
const key = await newKey();
await makeRole('job');
const statements = [
  allow('Network', ['ec2:CreateVpc', 'ec2:Describe*', 'ec2:CreateFlowLogs'], '*', REGION),
  allow('Bucket', ['s3:CreateBucket', 's3:PutObject', 's3:ListBucket'], 'arn:aws:s3:::mine*'),
  allow('Secrets', [
    'secretsmanager:CreateSecret',
    'secretsmanager:GetSecretValue',
    'secretsmanager:PutSecretValue',
  ]),
  allow('Bounded', ['iam:CreateRole', 'iam:PutRolePolicy'], `arn:aws:iam::${ACCOUNT}:role/staging*`, {
    Condition: { StringEquals: { 'iam:PermissionsBoundary': BOUNDARY } },
  }),
  allow('Tasks', [
    'ecs:RegisterTaskDefinition',
    'wafv2:GetWebACLForResource',
    'elasticloadbalancing:CreateLoadBalancer',
    'elasticloadbalancing:ModifyLoadBalancerAttributes',
    'logs:CreateLogGroup',
  ]),
  { Sid: 'Never', Effect: 'Deny', Action: 'ec2:DescribeSubnets', Resource: '*' },
];
await aws.call('iam:PutRolePolicy', {
  RoleName: 'job',
  PolicyName: 'p',
  PolicyDocument: policy(...statements),
});
const job = await signIn();
afterAll(async () => {
  aws.stop();
  await kit.end();
});

describe('a role is given', () => {
  test('for a token that its trust policy accepts', async () => {
    const { Arn } = await aws.call('sts:GetCallerIdentity', {}, job);
    expect(Arn).toBe(`arn:aws:sts::${ACCOUNT}:assumed-role/job/run`);
  });

  test.each([
    [
      'of another subject',
      (): string => githubToken('repo:a/b:pull_request'),
      {},
      'AccessDenied',
      /^Not authorized to perform sts:AssumeRoleWithWebIdentity$/,
    ],
    [
      'with ids in its subject that the role does not name',
      (): string => githubToken('repo:a@1/b@2:environment:staging'),
      {},
      'AccessDenied',
      /AssumeRoleWithWebIdentity/,
    ],
    [
      'that has expired',
      (): string => githubToken(SUBJECT, -1),
      {},
      'ExpiredTokenException',
      /^Token expired/,
    ],
    ['that is none', (): string => 'token', {}, 'InvalidIdentityToken', /not a valid JWT/],
    [
      'for longer than the role allows',
      (): string => githubToken(SUBJECT),
      { DurationSeconds: 7200 },
      'ValidationError',
      /exceeds the MaxSessionDuration/,
    ],
  ] as const)('not for one %s', async (_what, token, more, code, sentence) => {
    const said = await refusal(signIn(ROLE, token(), more));
    expect(said.code).toBe(code);
    expect(said.message).toMatch(sentence);
  });

  test('and no call is taken with keys that STS has not given out', async () => {
    const said = await refusal(aws.call('ec2:DescribeVpcs', {}, ['ASIAUNKNOWN', 'x', 'y']));
    expect(said).toMatchObject({ code: 'InvalidClientTokenId' });
  });
});

const LB = `arn:aws:elasticloadbalancing:us-east-1:${ACCOUNT}:loadbalancer/app/a/0123456789abcdef`;
const BOUNDED = { AssumeRolePolicyDocument: policy() };

describe('a call is refused', () => {
  test.each([
    [
      'without a statement',
      'ec2:DeleteVpc',
      { VpcId: 'vpc-1' },
      'UnauthorizedOperation',
      /is not authorized to perform: ec2:DeleteVpc on resource: arn:aws:ec2:us-east-1:123456789012:vpc\/vpc-1 because no identity-based policy allows the ec2:DeleteVpc action$/,
    ],
    [
      'on a resource that is not named',
      's3:CreateBucket',
      { Bucket: 'other' },
      'AccessDenied',
      /s3:CreateBucket on resource: arn:aws:s3:::other/,
    ],
    [
      'by an explicit deny',
      'ec2:DescribeSubnets',
      {},
      'UnauthorizedOperation',
      /with an explicit deny in an identity-based policy$/,
    ],
    [
      'because of the tags that it brings',
      'ec2:CreateVpc',
      {
        CidrBlock: '10.0.0.0/16',
        TagSpecifications: [{ ResourceType: 'vpc', Tags: [{ Key: 'a', Value: 'b' }] }],
      },
      'UnauthorizedOperation',
      /ec2:CreateTags/,
    ],
    [
      'because of the tags of an object',
      's3:PutObject',
      { Bucket: 'mine1', Key: 'a', Body: 'a', Tagging: 'a=b' },
      'AccessDenied',
      /s3:PutObjectTagging on resource: arn:aws:s3:::mine1\/a/,
    ],
    [
      'because a role is handed to a service',
      'ecs:RegisterTaskDefinition',
      {
        family: 'a',
        containerDefinitions: [{ name: 'a', image: 'a' }],
        taskRoleArn: `arn:aws:iam::${ACCOUNT}:role/x`,
      },
      'AccessDeniedException',
      /iam:PassRole on resource: arn:aws:iam::123456789012:role\/x/,
    ],
    [
      'because of what the reference lists beside it',
      'wafv2:GetWebACLForResource',
      { ResourceArn: LB },
      'AccessDeniedException',
      /elasticloadbalancing:GetLoadBalancerWebACL/,
    ],
    [
      "because a service's linked role does not exist yet",
      'elbv2:CreateLoadBalancer',
      { Name: 'a', Subnets: ['subnet-1'] },
      'AccessDenied',
      /iam:CreateServiceLinkedRole/,
    ],
    [
      'without the boundary that a condition demands',
      'iam:CreateRole',
      { RoleName: 'staging', ...BOUNDED },
      'AccessDenied',
      /iam:CreateRole on resource: arn:aws:iam::123456789012:role\/staging/,
    ],
  ] as const)('%s: %s', async (_why, call, params, code, sentence) => {
    const said = await refusal(aws.call(call, params, job));
    expect(said.message).toMatch(sentence);
    expect(said.code).toBe(code);
  });

  test('when Secrets Manager may not use the key as its caller', async () => {
    const said = await refusal(aws.call('secretsmanager:CreateSecret', { Name: 'a', KmsKeyId: key }, job));
    expect(said).toMatchObject({ code: 'AccessDeniedException', message: 'Access to KMS is not allowed' });
  });

  test('when CloudWatch Logs may not use the key', async () => {
    const kmsKeyId = await newKey();
    const said = await refusal(aws.call('logs:CreateLogGroup', { logGroupName: 'g', kmsKeyId }, job));
    expect(said.message).toMatch(
      /^The specified KMS key does not exist or is not allowed to be used with Arn 'arn:aws:logs/,
    );
  });

  test('when the load balancer may not write into the bucket of its logs', async () => {
    await aws.call('s3:CreateBucket', { Bucket: 'logs' });
    const Attributes = [
      { Key: 'access_logs.s3.enabled', Value: 'true' },
      { Key: 'access_logs.s3.bucket', Value: 'logs' },
    ];
    const said = await refusal(
      aws.call('elbv2:ModifyLoadBalancerAttributes', { LoadBalancerArn: LB, Attributes }, job),
    );
    expect(said).toMatchObject({
      code: 'InvalidConfigurationRequest',
      message: 'Access Denied for bucket: logs. Please check S3bucket permission',
    });
  });

  test('by the policy of the key, whoever calls', async () => {
    const statement = {
      Sid: 'OnlyBy',
      Effect: 'Deny',
      Principal: '*',
      Action: 'kms:Encrypt',
      Resource: '*',
      Condition: { StringNotEquals: { 'kms:ViaService': 'secretsmanager.us-east-1.amazonaws.com' } },
    };
    const account = {
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
      Action: 'kms:*',
      Resource: '*',
    };
    await aws.call('kms:PutKeyPolicy', {
      KeyId: key,
      PolicyName: 'default',
      Policy: policy(account, statement),
    });
    const said = await refusal(aws.call('kms:Encrypt', { KeyId: key, Plaintext: 'a' }));
    expect(said.message).toMatch(/explicit deny in a resource-based policy/);
  });

  test('by the boundary, whatever the own policy says', async () => {
    await aws.call('iam:CreatePolicy', {
      PolicyName: 'boundary',
      PolicyDocument: policy(allow('Look', 'ec2:DescribeVpcs')),
    });
    await makeRole('bounded', { PermissionsBoundary: BOUNDARY });
    await aws.call('iam:PutRolePolicy', {
      RoleName: 'bounded',
      PolicyName: 'p',
      PolicyDocument: policy(allow('All', 'ec2:*')),
    });
    const bounded = await signIn(`arn:aws:iam::${ACCOUNT}:role/bounded`);
    await aws.call('ec2:DescribeVpcs', {}, bounded);
    const said = await refusal(aws.call('ec2:DescribeImages', {}, bounded));
    expect(said.message).toMatch(/because no permissions boundary allows the ec2:DescribeImages action/);
  });
});

test('the refusal is noted with the statement that would allow it', async () => {
  await refusal(aws.call('ec2:DeleteSubnet', { SubnetId: 'subnet-1' }, job));
  const { denied } = await kit.emulator.sideDoor.access();
  expect(denied.at(-1)?.missing).toContain(
    `{"Effect":"Allow","Action":"ec2:DeleteSubnet","Resource":"arn:aws:ec2:us-east-1:${ACCOUNT}:subnet/subnet-1"}`,
  );
});

test('what is allowed is carried out, and which statement was needed is known', async () => {
  await aws.call('ec2:CreateVpc', { CidrBlock: '10.0.0.0/16' }, job);
  await aws.call('s3:CreateBucket', { Bucket: 'mine2' }, job);
  await aws.call('iam:CreateRole', { RoleName: 'staging-a', PermissionsBoundary: BOUNDARY, ...BOUNDED }, job);
  const { uses } = await kit.emulator.sideDoor.access();
  expect(uses).toContainEqual({
    role: 'job',
    policy: 'p',
    sid: 'Network',
    action: 'ec2:CreateVpc',
    alone: true,
  });
  expect(uses).toContainEqual({
    role: 'job',
    policy: 'p',
    sid: 'Bounded',
    action: 'iam:CreateRole',
    alone: true,
  });
  expect(uses.filter(({ sid }) => sid === 'Tasks')).toEqual([]);
});
