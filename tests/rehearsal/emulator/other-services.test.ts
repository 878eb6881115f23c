import { DescribeCertificateCommand, RequestCertificateCommand } from '@aws-sdk/client-acm';
import {
  DeregisterScalableTargetCommand,
  ListTagsForResourceCommand,
  RegisterScalableTargetCommand,
  TagResourceCommand,
} from '@aws-sdk/client-application-auto-scaling';
import {
  CreateBudgetCommand,
  DescribeBudgetCommand,
  DescribeSubscribersForNotificationCommand,
  ListTagsForResourceCommand as ListBudgetTagsCommand,
  UpdateBudgetCommand,
  type Budget,
  type Notification,
} from '@aws-sdk/client-budgets';
import {
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  GetDashboardCommand,
  GetMetricStatisticsCommand,
  PutCompositeAlarmCommand,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
} from '@aws-sdk/client-cloudwatch';
import {
  AuthorizeSecurityGroupIngressCommand,
  DeleteSubnetCommand,
  DeleteSecurityGroupCommand,
  DeleteVpcCommand,
  DescribeSecurityGroupRulesCommand,
} from '@aws-sdk/client-ec2';
import {
  CreateClusterCommand,
  CreateServiceCommand,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs';
import { ChangeResourceRecordSetsCommand, CreateHostedZoneCommand } from '@aws-sdk/client-route-53';
import { CreateBucketCommand, GetBucketTaggingCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { failure, startKit, type EmulatorKit } from './kit.ts';
import { makeNetwork } from './network.ts';

// Other work on the machine must not make a slow answer a failure.
setDefaultTimeout(120_000);

let kit: EmulatorKit;
beforeAll(async () => void (kit = await startKit()), 60_000);
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
    await kit.cloudwatch.send(new PutMetricAlarmCommand(alarm));
    const { MetricAlarms } = await kit.cloudwatch.send(
      new DescribeAlarmsCommand({ AlarmNames: ['target-5xx'] }),
    );
    expect(MetricAlarms?.[0]).toMatchObject(alarm);
    expect(MetricAlarms?.[0]?.StateUpdatedTimestamp).toBeInstanceOf(Date);
    await kit.cloudwatch.send(new DeleteAlarmsCommand({ AlarmNames: ['target-5xx'] }));
    expect((await kit.cloudwatch.send(new DescribeAlarmsCommand({}))).MetricAlarms ?? []).toEqual([]);
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
      kit.cloudwatch.send(new PutCompositeAlarmCommand({ ...whole, ...more }));
    const refused = async (more: object): Promise<string> =>
      put(more).then(
        () => 'taken',
        ({ name, message }: Error) => `${name}: ${message}`,
      );
    expect(await refused({})).toContain('alarm half was not found');
    await kit.cloudwatch.send(new PutMetricAlarmCommand(half));
    expect(await refused({ AlarmRule: 'ALARM("half") XOR OK("half")' })).toContain('invalid expression');
    expect(await refused({ AlarmRule: 'TRUE' })).toContain('invalid expression');
    await put();
    const metricAlone = await kit.cloudwatch.send(new DescribeAlarmsCommand({}));
    expect([metricAlone.MetricAlarms?.length, metricAlone.CompositeAlarms ?? []]).toEqual([1, []]);
    expect(metricAlone.MetricAlarms?.[0]).toMatchObject(half);
    const composite = await kit.cloudwatch.send(
      new DescribeAlarmsCommand({ AlarmTypes: ['CompositeAlarm'], AlarmNames: ['whole'] }),
    );
    expect(composite.MetricAlarms ?? []).toEqual([]);
    expect(composite.CompositeAlarms?.[0]).toMatchObject({ ...whole, ActionsEnabled: true });
    await kit.cloudwatch.send(new DeleteAlarmsCommand({ AlarmNames: ['whole'] }));
    await kit.cloudwatch.send(new DeleteAlarmsCommand({ AlarmNames: ['half'] }));
  });

  test('takes metrics with their time', async () => {
    const at = new Date(Date.now() - 30_000);
    await kit.cloudwatch.send(
      new PutMetricDataCommand({
        Namespace: 'Lornu/Agent',
        MetricData: [{ MetricName: 'ActiveStreams', Timestamp: at, Value: 7, Unit: 'Count' }],
      }),
    );
    const { Datapoints } = await kit.cloudwatch.send(
      new GetMetricStatisticsCommand({
        Namespace: 'Lornu/Agent',
        MetricName: 'ActiveStreams',
        StartTime: new Date(at.getTime() - 60_000),
        EndTime: new Date(at.getTime() + 60_000),
        Period: 60,
        Statistics: ['Maximum'],
      }),
    );
    expect(Datapoints?.[0]?.Maximum).toBe(7);
  });

  test('answers a wrong call with its error', async () => {
    const wrong = kit.cloudwatch.send(new GetDashboardCommand({ DashboardName: 'none' }));
    expect(await failure(wrong)).toHaveProperty(
      'message',
      expect.stringContaining('Dashboard does not exist'),
    );
  });
});

test('a scalable target keeps its tags until it goes', async () => {
  await kit.ecs.send(new CreateClusterCommand({ clusterName: 'lornu' }));
  await kit.ecs.send(
    new RegisterTaskDefinitionCommand({
      family: 'agent',
      containerDefinitions: [{ name: 'agent', image: 'agent', memory: 64 }],
    }),
  );
  await kit.ecs.send(
    new CreateServiceCommand({
      cluster: 'lornu',
      serviceName: 'agent',
      taskDefinition: 'agent',
      desiredCount: 0,
    }),
  );
  const target = {
    ServiceNamespace: 'ecs' as const,
    ResourceId: 'service/lornu/agent',
    ScalableDimension: 'ecs:service:DesiredCount' as const,
  };
  const { ScalableTargetARN: ResourceARN = '' } = await kit.autoscaling.send(
    new RegisterScalableTargetCommand({
      ...target,
      MinCapacity: 2,
      MaxCapacity: 6,
      Tags: { Project: 'lornu' },
    }),
  );
  await kit.autoscaling.send(new TagResourceCommand({ ResourceARN, Tags: { Environment: 'staging' } }));
  const tags = async () => (await kit.autoscaling.send(new ListTagsForResourceCommand({ ResourceARN }))).Tags;
  expect(await tags()).toEqual({ Project: 'lornu', Environment: 'staging' });
  await kit.autoscaling.send(new DeregisterScalableTargetCommand(target));
  expect(await tags()).toEqual({});
});

test('a certificate is issued once its record is in DNS, and no sooner', async () => {
  const { CertificateArn } = await kit.acm.send(
    new RequestCertificateCommand({ DomainName: 'a.lornu.example', ValidationMethod: 'DNS' }),
  );
  const certificate = async () =>
    (await kit.acm.send(new DescribeCertificateCommand({ CertificateArn }))).Certificate;
  expect((await certificate())?.Status).toBe('PENDING_VALIDATION');

  const { HostedZone } = await kit.route53.send(
    new CreateHostedZoneCommand({ Name: 'lornu.example', CallerReference: '1' }),
  );
  expect(HostedZone?.Id).toMatch(/^\/hostedzone\/Z[A-Z0-9]{5,31}$/);
  const record = (await certificate())?.DomainValidationOptions?.[0]?.ResourceRecord;
  await kit.route53.send(
    new ChangeResourceRecordSetsCommand({
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
    }),
  );
  expect((await certificate())?.Status).toBe('ISSUED');
});

test('a bucket keeps the tags that came with its creation', async () => {
  await kit.s3.send(
    new CreateBucketCommand({
      Bucket: 'tagged',
      CreateBucketConfiguration: { Tags: [{ Key: 'Project', Value: 'lornu' }] },
    }),
  );
  const { TagSet } = await kit.s3.send(new GetBucketTaggingCommand({ Bucket: 'tagged' }));
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
  await kit.budgets.send(
    new CreateBudgetCommand({
      AccountId,
      Budget,
      NotificationsWithSubscribers: [{ Notification, Subscribers }],
      ResourceTags: [{ Key: 'Project', Value: 'lornu' }],
    }),
  );
  const asked = { AccountId, BudgetName: 'spend' };
  const described = await kit.budgets.send(
    new DescribeSubscribersForNotificationCommand({ ...asked, Notification }),
  );
  expect(described.Subscribers).toEqual(Subscribers);
  const { ResourceTags } = await kit.budgets.send(
    new ListBudgetTagsCommand({ ResourceARN: `arn:aws:budgets::${AccountId}:budget/spend` }),
  );
  expect(ResourceTags).toEqual([{ Key: 'Project', Value: 'lornu' }]);
  await kit.budgets.send(
    new UpdateBudgetCommand({
      AccountId,
      NewBudget: { ...Budget, BudgetLimit: { Amount: '300', Unit: 'USD' } },
    }),
  );
  const { Budget: changed } = await kit.budgets.send(new DescribeBudgetCommand(asked));
  expect(Number(changed?.BudgetLimit?.Amount)).toBe(300);
});

describe('a network', () => {
  test('shows the description of a rule that refers to another group', async () => {
    const { groupId } = await makeNetwork(kit);
    await kit.ec2.send(
      new AuthorizeSecurityGroupIngressCommand({
        GroupId: groupId,
        IpPermissions: [
          {
            IpProtocol: 'tcp',
            FromPort: 8080,
            ToPort: 8080,
            UserIdGroupPairs: [{ GroupId: groupId, Description: 'From itself' }],
          },
        ],
      }),
    );
    const { SecurityGroupRules = [] } = await kit.ec2.send(
      new DescribeSecurityGroupRulesCommand({ Filters: [{ Name: 'group-id', Values: [groupId] }] }),
    );
    expect(SecurityGroupRules.find((rule) => !rule.IsEgress)?.Description).toBe('From itself');
  });

  test('is wholly gone once it is deleted; leftovers name what is not', async () => {
    await kit.emulator.sideDoor.reset();
    const { vpcId, subnetIds, groupId } = await makeNetwork(kit);
    const before = await kit.emulator.sideDoor.leftovers();
    expect(before.left).toEqual(expect.arrayContaining([`ec2 vpcs ${vpcId}`]));
    for (const SubnetId of subnetIds) await kit.ec2.send(new DeleteSubnetCommand({ SubnetId }));
    await kit.ec2.send(new DeleteSecurityGroupCommand({ GroupId: groupId }));
    await kit.ec2.send(new DeleteVpcCommand({ VpcId: vpcId }));
    expect((await kit.emulator.sideDoor.leftovers()).left).toEqual([]);
  });
});
