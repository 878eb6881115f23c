import { ANYBODY, fargate, type Params, type RuleCases, webAcl } from './rule-case.ts';

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
export const VALUE_RULE_CASES: RuleCases = {
  'group-description': [
    'ec2:CreateSecurityGroup',
    { GroupName: 'a', Description: "the agent's" },
    /following set: a-zA-Z0-9/,
  ],
  'group-name': ['ec2:CreateSecurityGroup', { GroupName: 'sg-a', Description: 'a' }, /format sg-\*/],
  'group-rule-description': [
    'ec2:AuthorizeSecurityGroupEgress',
    {
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
    /^Invalid rule description\. Valid descriptions are strings less than 256 characters/,
  ],
  'subnet-range': ['ec2:CreateSubnet', { VpcId: 'vpc-1', CidrBlock: '10.0.0.0/30' }, /invalid/],
  'balancer-name': ['elbv2:CreateLoadBalancer', { Name: 'internal-a' }, /internal-/],
  'idle-range': [
    'elbv2:ModifyLoadBalancerAttributes',
    { LoadBalancerArn: 'arn', Attributes: [{ Key: 'idle_timeout.timeout_seconds', Value: '4001' }] },
    /between 1 and 4000/,
  ],
  'drain-range': [
    'elbv2:ModifyTargetGroupAttributes',
    {
      TargetGroupArn: 'arn',
      Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '3601' }],
    },
    /between 0 and 3600/,
  ],
  'rule-values': [
    'elbv2:CreateRule',
    {
      ListenerArn: 'arn',
      Priority: 1,
      Actions: [{ Type: 'forward' }],
      Conditions: [
        { Field: 'path-pattern', PathPatternConfig: { Values: ['/1', '/2', '/3', '/4', '/5', '/6'] } },
      ],
    },
    /'5' condition values/,
  ],
  'fargate-size': [
    'ecs:RegisterTaskDefinition',
    fargate({ memory: '4096' }),
    /^No Fargate configuration exists/,
  ],
  'fargate-network': ['ecs:RegisterTaskDefinition', fargate({ networkMode: 'bridge' }), /awsvpc/],
  'fargate-stop-timeout': ['ecs:RegisterTaskDefinition', fargate({}, { stopTimeout: 121 }), /120/],
  'fargate-capabilities': [
    'ecs:RegisterTaskDefinition',
    fargate({}, { linuxParameters: { capabilities: { add: ['NET_ADMIN'] } } }),
    /SYS_PTRACE/,
  ],
  'fargate-execution-role': [
    'ecs:RegisterTaskDefinition',
    fargate({}, { secrets: [{ name: 'a', valueFrom: 'arn' }] }),
    /execution role ARN/,
  ],
  'role-trust-size': [
    'iam:CreateRole',
    { RoleName: 'a', AssumeRolePolicyDocument: `${ANYBODY}${'x'.repeat(2048)}` },
    /ACLSizePerRole: 2048/,
  ],
  'policy-size': ['iam:CreatePolicy', { PolicyName: 'a', PolicyDocument: LONG_POLICY }, /PolicySize: 6144/],
  'log-retention': ['logs:PutRetentionPolicy', { logGroupName: 'a', retentionInDays: 15 }, /retentionInDays/],
  'log-group-reserved': ['logs:CreateLogGroup', { logGroupName: 'aws/mine' }, /reserved for AWS/],
  'key-waiting-time': ['kms:ScheduleKeyDeletion', { KeyId: 'a', PendingWindowInDays: 3 }, /between 7 and 30/],
  'key-lockout': [
    'kms:CreateKey',
    {
      Policy:
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"kms:Decrypt","Resource":"*"}]}',
    },
    /update the key policy in the future/,
  ],
  'firewall-log-name': [
    'wafv2:PutLoggingConfiguration',
    {
      LoggingConfiguration: {
        ResourceArn: 'arn:aws:wafv2:us-east-1:123456789012:regional/webacl/a/1',
        LogDestinationConfigs: ['arn:aws:logs:us-east-1:123456789012:log-group:mine'],
      },
    },
    /LOG_DESTINATION/,
  ],
  'firewall-priorities': ['wafv2:CreateWebACL', webAcl([1, 1]), /duplicate rule priorities/],
  'scaling-range': [
    'application-autoscaling:RegisterScalableTarget',
    {
      ServiceNamespace: 'ecs',
      ResourceId: 'service/a/b',
      ScalableDimension: 'ecs:service:DesiredCount',
      MinCapacity: 3,
      MaxCapacity: 2,
    },
    /less than minimum/,
  ],
  'alarm-period': ['cloudwatch:PutMetricAlarm', alarm({ Period: 45 }), /multiple of 60/],
  'alarm-span': [
    'cloudwatch:PutMetricAlarm',
    alarm({ Period: 300, EvaluationPeriods: 300 }),
    /more than a day/,
  ],
  'tag-reserved': [
    'ecs:CreateCluster',
    { clusterName: 'a', tags: [{ key: 'aws:mine', value: 'x' }] },
    /reserved for internal use/,
  ],
  'tag-length': [
    'ecs:CreateCluster',
    { clusterName: 'a', tags: [{ key: 'a', value: 'x'.repeat(257) }] },
    /256/,
  ],
};
