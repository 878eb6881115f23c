import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { cluster, keepAsking, service, startService } from './kit.ts';

// Other work on the machine must not make a slow answer a failure.
setDefaultTimeout(120_000);

// One service for the whole file: each test begins and ends with it steady.
const it = await startService();
await it.steady();
await putAlarm('errors', 'HTTPCode_Target_5XX_Count', {
  statistic: 'Sum',
  datapointsToAlarm: 2,
  threshold: 5,
});
await putAlarm('unhealthy', 'UnHealthyHostCount', {
  statistic: 'Maximum',
  datapointsToAlarm: 3,
  threshold: 0,
});
await watchFor(['errors', 'unhealthy']);
afterAll(async () => it.end());

async function watchFor(alarmNames: string[]): Promise<void> {
  await it.kit.ecs.updateService({
    cluster,
    service,
    deploymentConfiguration: {
      maximumPercent: 200,
      minimumHealthyPercent: 100,
      deploymentCircuitBreaker: { enable: true, rollback: true },
      alarms: { alarmNames, enable: true, rollback: true },
    },
  });
}

async function putAlarm(
  name: string,
  metric: string,
  about: { statistic: 'Sum' | 'Maximum'; datapointsToAlarm: number; threshold: number },
): Promise<void> {
  await it.clients.cloudwatch.putMetricAlarm({
    AlarmName: name,
    Namespace: 'AWS/ApplicationELB',
    MetricName: metric,
    Dimensions: [
      { Name: 'LoadBalancer', Value: it.balancerArn.split('loadbalancer/')[1] },
      { Name: 'TargetGroup', Value: it.groupArn.split(':').at(-1) },
    ],
    Statistic: about.statistic,
    Period: 60,
    EvaluationPeriods: 3,
    DatapointsToAlarm: about.datapointsToAlarm,
    Threshold: about.threshold,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'notBreaching',
  });
}

const alarm = async (name: string) => {
  const { MetricAlarms = [] } = await it.clients.cloudwatch.describeAlarms({ AlarmNames: [name] });
  return MetricAlarms[0];
};
const said = (): string[] => it.events.flatMap((event) => (event.what === 'service' ? [event.message] : []));

test('a healthy version that answers 500 triggers the alarm and is rolled back', async () => {
  const before = await it.describe();
  const asking = keepAsking(it.url);
  await it.deploy({ REVISION: '2', FAIL: '1' });
  let failed: string | undefined;
  await it.until('rolled back', async () => {
    const { deployments = [] } = await it.describe();
    failed ??= deployments.find(({ rolloutState }) => rolloutState === 'FAILED')?.rolloutStateReason;
    return said().some((message) => message.includes('rolling back to deployment'));
  });
  const reason = (await alarm('errors'))?.StateReason;
  await it.steady();
  const answers = await asking.end();
  expect(reason).toMatch(
    /^Threshold Crossed: [23] of the last 3 datapoints .* were greater than the threshold \(5\)/,
  );
  expect(answers['500 2']).toBeGreaterThan(10);
  // Failed responses, but at every moment at least one task.
  expect(Object.keys(answers).toSorted()).toEqual(['200 1', '500 2']);
  const after = await it.describe();
  expect(after.deployments?.map(({ id }) => id)).toEqual([before.deployments?.[0]?.id ?? '']);
  expect(after.taskDefinition).toBe(before.taskDefinition ?? '');
  expect(said()).toContainEqual(expect.stringMatching(/deployment failed: alarm detected\.$/));
  // Its tasks never failed, so the circuit breaker did nothing.
  expect(said().filter((message) => message.includes('failed to start'))).toEqual([]);
  await it.until('quiet again', async () => (await alarm('errors'))?.StateValue === 'OK');
  expect((await fetch(it.url)).status).toBe(200);
});

test('a good version is completed when the alarms were quiet for the bake time', async () => {
  it.events.length = 0;
  await it.deploy({ REVISION: '3' });
  let aloneMs: number | undefined;
  let completedMs: number | undefined;
  await it.until('completed', async () => {
    const { deployments = [] } = await it.describe();
    const [primary, ...others] = deployments;
    if (primary?.runningCount === 2 && others.length === 0) aloneMs ??= Date.now();
    if (primary?.rolloutState !== 'COMPLETED') return false;
    completedMs = Date.now();
    return true;
  });
  // Three periods of one second at this pace; evaluations run a little late.
  expect((completedMs ?? 0) - (aloneMs ?? 0)).toBeGreaterThan(2_000);
  await it.steady();
});

test('a deployment that begins with an alarm in ALARM is not watched, so that it can be the fix', async () => {
  it.events.length = 0;
  // It has no data, so it keeps the state that is set.
  await putAlarm('drill', 'RequestCount', { statistic: 'Sum', datapointsToAlarm: 1, threshold: 0 });
  await watchFor(['errors', 'drill']);
  const set = async (StateValue: 'OK' | 'ALARM'): Promise<void> => {
    await it.clients.cloudwatch.setAlarmState({ AlarmName: 'drill', StateValue, StateReason: 'a drill' });
  };
  await set('ALARM');
  const wanted = await it.deploy({ REVISION: '4' });
  await it.steady();
  expect((await it.describe()).taskDefinition).toBe(wanted);
  expect(said().filter((message) => message.includes('deployment failed'))).toEqual([]);

  // The next one begins without an alarm, and is watched.
  await set('OK');
  await it.deploy({ REVISION: '5' });
  await it.until(
    'its tasks run',
    async () => ((await it.describe()).deployments?.[0]?.runningCount ?? 0) > 0,
  );
  await set('ALARM');
  await it.until('rolled back', () => said().some((message) => message.includes('rolling back')));
  await it.steady();
  expect((await it.describe()).taskDefinition).toBe(wanted);
});
