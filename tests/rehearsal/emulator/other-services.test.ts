import type { Budget, Notification } from '@aws-sdk/client-budgets';
import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { failure, startKit } from './kit.ts';
import { makeNetwork } from './network.ts';

// Other work on the machine must not make a slow answer a failure.
setDefaultTimeout(120_000);

const kit = await startKit();
afterAll(async () => kit.end());

describe('CloudWatch, over the CBOR that its SDK speaks', () => {
  test('keeps every setting of an alarm and gives times as times', async () => {
    const alarm = {
      AlarmName: 'target-5xx',
      Namespace: 'AWS/ApplicationELB',
      MetricName: 'HTTPCode_Target_5XX_Count',
      Dimensions: [{ Name: 'LoadBalancer', Value: 'app/alb/1' }],
      Statistic: 'Sum' as const,
      Period: 60,
      EvaluationPeriods: 3,
      DatapointsToAlarm: 2,
      Threshold: 5,
      ComparisonOperator: 'GreaterThanThreshold' as const,
      TreatMissingData: 'notBreaching',
      AlarmActions: ['arn:aws:sns:us-east-1:123456789012:alarms'],
    };
    await kit.cloudwatch.putMetricAlarm(alarm);
    const { MetricAlarms } = await kit.cloudwatch.describeAlarms({ AlarmNames: ['target-5xx'] });
    expect(MetricAlarms?.[0]).toMatchObject(alarm);
    expect(MetricAlarms?.[0]?.StateUpdatedTimestamp).toBeInstanceOf(Date);
    await kit.cloudwatch.deleteAlarms({ AlarmNames: ['target-5xx'] });
    expect((await kit.cloudwatch.describeAlarms({})).MetricAlarms ?? []).toEqual([]);
  });

  test('keeps an alarm on other alarms, shows it to who asks for one, and refuses one on what is not there', async () => {
    const half = {
      AlarmName: 'half',
      EvaluationPeriods: 1,
      Threshold: 5,
      ComparisonOperator: 'GreaterThanThreshold' as const,
      Metrics: [
        {
          Id: 'late',
          MetricStat: {
            Metric: { Namespace: 'Lornu/Agent', MetricName: 'TimeToFirstToken' },
            Period: 300,
            Stat: 'PR(5000:)',
          },
          ReturnData: false,
        },
        { Id: 'share', Expression: 'IF(late > 5, late, 0)', Label: 'late', ReturnData: true },
      ],
    };
    const whole = { AlarmName: 'whole', AlarmRule: 'ALARM("half") AND NOT OK("half")', AlarmActions: [] };
    const put = async (more: object = {}): Promise<unknown> =>
      kit.cloudwatch.putCompositeAlarm({ ...whole, ...more });
    const refused = async (more: object): Promise<string> =>
      put(more).then(
        () => 'taken',
        ({ name, message }: Error) => `${name}: ${message}`,
      );
    expect(await refused({})).toContain('alarm half was not found');
    await kit.cloudwatch.putMetricAlarm(half);
    expect(await refused({ AlarmRule: 'ALARM("half") XOR OK("half")' })).toContain('invalid expression');
    expect(await refused({ AlarmRule: 'TRUE' })).toContain('invalid expression');
    await put();
    const metricAlone = await kit.cloudwatch.describeAlarms({});
    expect([metricAlone.MetricAlarms?.length, metricAlone.CompositeAlarms ?? []]).toEqual([1, []]);
    expect(metricAlone.MetricAlarms?.[0]).toMatchObject(half);
    const composite = await kit.cloudwatch.describeAlarms({
      AlarmTypes: ['CompositeAlarm'],
      AlarmNames: ['whole'],
    });
    expect(composite.MetricAlarms ?? []).toEqual([]);
    expect(composite.CompositeAlarms?.[0]).toMatchObject({ ...whole, ActionsEnabled: true });
    await kit.cloudwatch.deleteAlarms({ AlarmNames: ['whole'] });
    await kit.cloudwatch.deleteAlarms({ AlarmNames: ['half'] });
  });

  test('takes metrics with their time, compressed as well', async () => {
    const at = new Date(Date.now() - 30_000);
    await kit.cloudwatch.putMetricData({
      Namespace: 'Lornu/Agent',
      MetricData: [
        { MetricName: 'ActiveStreams', Timestamp: at, Value: 7, Unit: 'Count' },
        // The SDK compresses what is longer than 10 KB.
        ...Array.from({ length: 300 }, () => ({ MetricName: 'Filler', Timestamp: at, Value: 1 })),
      ],
    });
    const { Datapoints } = await kit.cloudwatch.getMetricStatistics({
      Namespace: 'Lornu/Agent',
      MetricName: 'ActiveStreams',
      StartTime: new Date(at.getTime() - 60_000),
      EndTime: new Date(at.getTime() + 60_000),
      Period: 60,
      Statistics: ['Maximum'],
    });
    expect(Datapoints?.[0]?.Maximum).toBe(7);
  });

  test('answers a wrong call with its error', async () => {
    const wrong = kit.cloudwatch.getDashboard({ DashboardName: 'none' });
    expect(await failure(wrong)).toHaveProperty(
      'message',
      expect.stringContaining('Dashboard does not exist'),
    );
  });
});

test('a scalable target keeps its tags until it goes', async () => {
  await kit.ecs.createCluster({ clusterName: 'lornu' });
  await kit.ecs.registerTaskDefinition({
    family: 'agent',
    containerDefinitions: [{ name: 'agent', image: 'agent', memory: 64 }],
  });
  await kit.ecs.createService({
    cluster: 'lornu',
    serviceName: 'agent',
    taskDefinition: 'agent',
    desiredCount: 0,
  });
  const target = {
    ServiceNamespace: 'ecs' as const,
    ResourceId: 'service/lornu/agent',
    ScalableDimension: 'ecs:service:DesiredCount' as const,
  };
  const { ScalableTargetARN: ResourceARN = '' } = await kit.autoscaling.registerScalableTarget({
    ...target,
    MinCapacity: 2,
    MaxCapacity: 6,
    Tags: { Project: 'lornu' },
  });
  await kit.autoscaling.tagResource({ ResourceARN, Tags: { Environment: 'staging' } });
  const tags = async () => (await kit.autoscaling.listTagsForResource({ ResourceARN })).Tags;
  expect(await tags()).toEqual({ Project: 'lornu', Environment: 'staging' });
  await kit.autoscaling.deregisterScalableTarget(target);
  expect(await tags()).toEqual({});
});

test('a certificate is issued once its record is in DNS, and no sooner', async () => {
  const { CertificateArn } = await kit.acm.requestCertificate({
    DomainName: 'a.lornu.example',
    ValidationMethod: 'DNS',
  });
  const certificate = async () => (await kit.acm.describeCertificate({ CertificateArn })).Certificate;
  expect((await certificate())?.Status).toBe('PENDING_VALIDATION');

  const { HostedZone } = await kit.route53.createHostedZone({ Name: 'lornu.example', CallerReference: '1' });
  expect(HostedZone?.Id).toMatch(/^\/hostedzone\/Z[A-Z0-9]{5,31}$/);
  const record = (await certificate())?.DomainValidationOptions?.[0]?.ResourceRecord;
  await kit.route53.changeResourceRecordSets({
    HostedZoneId: HostedZone?.Id,
    ChangeBatch: {
      Changes: [
        {
          Action: 'CREATE',
          ResourceRecordSet: {
            Name: record?.Name,
            Type: 'CNAME',
            TTL: 60,
            ResourceRecords: [{ Value: record?.Value }],
          },
        },
      ],
    },
  });
  expect((await certificate())?.Status).toBe('ISSUED');
});

test('a bucket keeps the tags that came with its creation', async () => {
  await kit.s3.createBucket({
    Bucket: 'tagged',
    CreateBucketConfiguration: { Tags: [{ Key: 'Project', Value: 'lornu' }] },
  });
  const { TagSet } = await kit.s3.getBucketTagging({ Bucket: 'tagged' });
  expect(TagSet).toEqual([{ Key: 'Project', Value: 'lornu' }]);
});

test('a budget has its subscribers and tags, and can be changed', async () => {
  const AccountId = '123456789012';
  const Budget: Budget = {
    BudgetName: 'spend',
    BudgetType: 'COST',
    TimeUnit: 'MONTHLY',
    BudgetLimit: { Amount: '200', Unit: 'USD' },
  };
  const Notification: Notification = {
    NotificationType: 'ACTUAL',
    ComparisonOperator: 'GREATER_THAN',
    Threshold: 80,
    ThresholdType: 'PERCENTAGE',
  };
  const Subscribers = [{ SubscriptionType: 'EMAIL' as const, Address: 'a@lornu.example' }];
  await kit.budgets.createBudget({
    AccountId,
    Budget,
    NotificationsWithSubscribers: [{ Notification, Subscribers }],
    ResourceTags: [{ Key: 'Project', Value: 'lornu' }],
  });
  const asked = { AccountId, BudgetName: 'spend' };
  const described = await kit.budgets.describeSubscribersForNotification({ ...asked, Notification });
  expect(described.Subscribers).toEqual(Subscribers);
  const { ResourceTags } = await kit.budgets.listTagsForResource({
    ResourceARN: `arn:aws:budgets::${AccountId}:budget/spend`,
  });
  expect(ResourceTags).toEqual([{ Key: 'Project', Value: 'lornu' }]);
  await kit.budgets.updateBudget({
    AccountId,
    NewBudget: { ...Budget, BudgetLimit: { Amount: '300', Unit: 'USD' } },
  });
  const { Budget: changed } = await kit.budgets.describeBudget(asked);
  expect(Number(changed?.BudgetLimit?.Amount)).toBe(300);
});

describe('a network', () => {
  test('shows the description of a rule that refers to another group', async () => {
    const { groupId } = await makeNetwork(kit);
    await kit.ec2.authorizeSecurityGroupIngress({
      GroupId: groupId,
      IpPermissions: [
        {
          IpProtocol: 'tcp',
          FromPort: 8080,
          ToPort: 8080,
          UserIdGroupPairs: [{ GroupId: groupId, Description: 'From itself' }],
        },
      ],
    });
    const { SecurityGroupRules = [] } = await kit.ec2.describeSecurityGroupRules({
      Filters: [{ Name: 'group-id', Values: [groupId] }],
    });
    expect(SecurityGroupRules.find((rule) => !rule.IsEgress)?.Description).toBe('From itself');
  });

  test('is wholly gone once it is deleted; leftovers name what is not', async () => {
    await kit.emulator.sideDoor.reset();
    const { vpcId, subnetIds, groupId } = await makeNetwork(kit);
    const before = await kit.emulator.sideDoor.leftovers();
    expect(before.left).toEqual(expect.arrayContaining([`ec2 vpcs ${vpcId}`]));
    for (const SubnetId of subnetIds) await kit.ec2.deleteSubnet({ SubnetId });
    await kit.ec2.deleteSecurityGroup({ GroupId: groupId });
    await kit.ec2.deleteVpc({ VpcId: vpcId });
    expect((await kit.emulator.sideDoor.leftovers()).left).toEqual([]);
  });
});
