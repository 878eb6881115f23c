import { ANYBODY, fargate, type Params, type RuleCase, webAcl } from './rule-case.ts';

const alarm = (more: Params): Params => ({
  AlarmName: 'x',
  ComparisonOperator: 'GreaterThanThreshold',
  EvaluationPeriods: 1,
  ...more,
});
const LONG_POLICY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'x'.repeat(6200), Resource: '*' }],
});

/** Requests whose values alone are refused (value_rules.py). */
export const VALUE_RULE_CASES: RuleCase[] = [
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
    rule: 'idle-range',
    call: 'elbv2:ModifyLoadBalancerAttributes',
    params: { LoadBalancerArn: 'arn', Attributes: [{ Key: 'idle_timeout.timeout_seconds', Value: '4001' }] },
    sentence: /between 1 and 4000/,
  },
  {
    rule: 'drain-range',
    call: 'elbv2:ModifyTargetGroupAttributes',
    params: {
      TargetGroupArn: 'arn',
      Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '3601' }],
    },
    sentence: /between 0 and 3600/,
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
