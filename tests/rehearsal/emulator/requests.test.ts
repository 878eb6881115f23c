import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { AwsRefusal, startAnyClient, type AwsError } from './any-client.ts';
import { ACCOUNT_RULE_CASES, makeAccount, type Made } from './account-rule-cases.ts';
import { startKit } from './kit.ts';
import { fargate, type Params } from './rule-case.ts';
import { VALUE_RULE_CASES } from './value-rule-cases.ts';

// Other work on the machine must not make a slow answer a failure.
setDefaultTimeout(120_000);

const seen = new Set<string>();

const kit = await startKit();
const aws = startAnyClient(kit.python, kit.emulator.url);
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

describe('what the models do not say', () => {
  let made: Made;
  beforeAll(async () => {
    made = await makeAccount(aws);
  });

  test.each(Object.entries({ ...VALUE_RULE_CASES, ...ACCOUNT_RULE_CASES }))(
    '%s',
    async (rule, [call, params, sentence]) => {
      const { message } = await refusal(call, typeof params === 'function' ? params(made) : params);
      expect(message).toMatch(sentence);
      seen.add(rule);
    },
  );

  test('each rule has been seen, with the page of AWS that it follows', async () => {
    const rules = await kit.emulator.sideDoor.rules();
    const withoutCase = rules.map(({ id }) => id).filter((id) => !seen.has(id));
    expect(withoutCase, 'rows without a case in *-rule-cases.ts').toEqual([]);
    expect(rules).toHaveLength(seen.size);
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
