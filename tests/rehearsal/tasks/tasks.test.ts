import { ApplicationAutoScaling } from '@aws-sdk/client-application-auto-scaling';
import type { ContainerDefinition, Task } from '@aws-sdk/client-ecs';
import { keepAsking, serviceOf } from '@lornu/rehearsal/conformance/scenes/service.ts';
import { askGroup, targets, until } from '@lornu/rehearsal/conformance/seeing.ts';
import { SERVICES } from '@lornu/rehearsal/conformance/stack/rules.ts';
import { emulatorSettings } from '@lornu/rehearsal/emulator/aws-clients.ts';
import type { TaskEvent } from '@lornu/rehearsal/tasks/task-event.ts';
import { expect, setDefaultTimeout, test } from 'bun:test';
import { readdir } from 'node:fs/promises';
import { testChecks } from '../conformance/kit.ts';
import { processesWith } from '../whole/kit.ts';

// Other work on the machine must not make a slow answer a failure.
setDefaultTimeout(600_000);

// What AWS documents, check by check. Afterwards the service `breaking` runs its first version.
const world = testChecks(['deployment', 'breaker', 'bake', 'protection', 'secrets', 'stop']);

const service = () => serviceOf(world(), 'breaking');
/** The service's runner; the first of all is that of the single tasks. */
const runner = () => world().standIns.runners[1 + SERVICES.indexOf('breaking')]!;
const idOf = ({ taskArn = '' }: Task): string => taskArn.split('/').at(-1) ?? '';
const eventsOf = (task: Task): TaskEvent['what'][] =>
  world().events.flatMap((event) => ('taskId' in event && event.taskId === idOf(task) ? [event.what] : []));
/** A health check in the container. */
const checkedBy = (program: string): Partial<ContainerDefinition> => ({
  healthCheck: {
    command: ['CMD', 'node', '-e', program],
    interval: 15,
    timeout: 5,
    retries: 3,
    startPeriod: 2,
  },
});

test('a task is shown with its health and its address, and passes its states in order', async () => {
  const before = await service().tasks();
  const program = "fetch('http://127.0.0.1:8080/alive').then((r) => process.exit(r.ok ? 0 : 1))";
  await service().deploy({ REVISION: '2' }, checkedBy(program));
  await service().steady();
  const healthy = await targets(world(), 'breaking');
  for (const task of await service().tasks()) {
    expect(task).toMatchObject({ lastStatus: 'RUNNING', healthStatus: 'HEALTHY' });
    const address = task.containers?.[0]?.networkInterfaces?.[0]?.privateIpv4Address;
    expect(healthy.get(address ?? '')?.State).toBe('healthy');
    expect(eventsOf(task)).toEqual(['provisioning', 'started', 'registered', 'running', 'healthy']);
  }
  for (const task of before)
    expect(eventsOf(task).slice(-4)).toEqual(['draining', 'drained', 'sigterm', 'stopped']);
});

test('a version whose own health check fails is rolled back, to the same deployment', async () => {
  const before = await service().primary();
  const bad = await service().deploy({ REVISION: 'bad' }, checkedBy('process.exit(1)'));
  await until(world(), 'rolled back', async () => (await service().primary()).id === before.id);
  await service().steady();
  const failed = (await service().stopped()).filter(
    ({ taskDefinitionArn, stoppedReason = '' }) =>
      taskDefinitionArn === bad && !stoppedReason.startsWith('Scaling activity'),
  );
  expect(failed.length).toBeGreaterThanOrEqual(3);
  for (const { stoppedReason } of failed) expect(stoppedReason).toStartWith('Task failed health checks');
});

test('a container has its own scratch folder, its metadata, and the credentials of its role', async () => {
  const names = [
    'HOME',
    'HOST',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
    'ECS_AGENT_URI',
    'ECS_CONTAINER_METADATA_URI_V4',
  ];
  const path = `/probe/environment?name=${names.join('&name=')}`;
  const { body } = await askGroup(world(), 'breaking', path);
  const environment = JSON.parse(body) as Record<string, string>;
  const task = runner()
    .tasks()
    .find(({ settings }) => settings.address === environment['HOST']);
  // The image's /tmp.
  expect(environment['HOME']).toBe(`${world().folder}/tasks/${task?.id}`);
  const read = async (url = ''): Promise<unknown> => (await fetch(url)).json();
  expect(await read(environment['ECS_CONTAINER_METADATA_URI_V4'])).toMatchObject({ Name: 'probe' });
  expect(await read(environment['AWS_CONTAINER_CREDENTIALS_FULL_URI'])).toEqual({
    taskId: task?.id ?? '',
    roleName: world().stack.roles.task.split('/').at(-1) ?? '',
  });
  const ofAnother = `${environment['ECS_AGENT_URI']}x/task-protection/v1/state`;
  expect((await fetch(ofAnother, { method: 'PUT' })).status).toBe(404);
});

test('a task that is killed and one that somebody stops are replaced', async () => {
  const [killed, stopped] = await service().tasks();
  const process_ = runner()
    .tasks()
    .find(({ id }) => id === idOf(killed!));
  process.kill(process_?.pid ?? 0, 'SIGKILL');
  const cluster = world().stack.clusters.breaking;
  await world().clients.ecs.stopTask({ cluster, task: stopped?.taskArn, reason: 'a drill' });
  const ended = await until(world(), 'stopped', async () => {
    const tasks = await service().describeTasks([killed?.taskArn ?? '', stopped?.taskArn ?? '']);
    return tasks.every(({ lastStatus }) => lastStatus === 'STOPPED') && tasks;
  });
  expect(ended).toMatchObject([
    { stopCode: 'EssentialContainerExited', containers: [{ exitCode: 137 }] },
    { stopCode: 'UserInitiated', stoppedReason: 'a drill' },
  ]);
  expect(eventsOf(stopped!).slice(-3)).toEqual(['drained', 'sigterm', 'stopped']);
  await service().steady();
});

test('a task that exceeds its memory is ended', async () => {
  const program = 'globalThis.eaten = Buffer.alloc(300 * 2 ** 20, 1); setInterval(() => {}, 1000)';
  const definition = await world().probes.register({}, { memory: 256, command: ['node', '-e', program] });
  const arn = await world().probes.run(definition);
  const task = await until(world(), 'stopped', async () => {
    const found = await world().probes.describeSingle(arn);
    return found?.lastStatus === 'STOPPED' && found;
  });
  expect(task.stoppedReason).toStartWith('OutOfMemoryError: Container killed due to memory usage');
  expect(task.containers?.[0]?.exitCode).toBe(137);
  expect(eventsOf(task)).toEqual(['provisioning', 'started', 'running', 'stopped']);
});

test('a healthy version that answers 500 triggers the alarm and is rolled back', async () => {
  const { clients, stack } = world();
  const name = `${stack.name}-errors`;
  await clients.cloudwatch.putMetricAlarm({
    AlarmName: name,
    Namespace: 'AWS/ApplicationELB',
    MetricName: 'HTTPCode_Target_5XX_Count',
    Dimensions: [
      { Name: 'LoadBalancer', Value: stack.balancer.arn.split('loadbalancer/')[1] },
      { Name: 'TargetGroup', Value: stack.balancer.groups.breaking.split(':').at(-1) },
    ],
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: 3,
    DatapointsToAlarm: 2,
    Threshold: 0,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'notBreaching',
  });
  const alarm = async () =>
    (await clients.cloudwatch.describeAlarms({ AlarmNames: [name] })).MetricAlarms?.[0];
  const { deploymentConfiguration, deployments: [before] = [] } = await service().describe();
  const alarms = { alarmNames: [name], enable: true, rollback: true };
  await service().update({ deploymentConfiguration: { ...deploymentConfiguration, alarms } });
  const asking = keepAsking(world(), 'breaking');
  await service().deploy({ REVISION: '3', FAIL: '1' });
  await until(world(), 'rolled back', async () => (await service().primary()).id === before?.id);
  expect((await alarm())?.StateReason).toMatch(
    /^Threshold Crossed: [23] of the last 3 datapoints .* were greater than the threshold \(0\)/,
  );
  await service().steady();
  // Failed responses, but at every moment at least one task.
  expect(Object.keys(await asking.end()).toSorted()).toEqual(['200 2', '500']);
  expect(await service().said('deployment failed: alarm detected.')).toHaveLength(1);
  await until(world(), 'quiet again', async () => (await alarm())?.StateValue === 'OK');
});

test('the service scales by the metric lines of its tasks', async () => {
  const scaling = new ApplicationAutoScaling(emulatorSettings(world().emulator.url));
  const resource = {
    ServiceNamespace: 'ecs',
    ScalableDimension: 'ecs:service:DesiredCount',
    ResourceId: `service/${world().stack.clusters.breaking}/breaking`,
  } as const;
  await scaling.registerScalableTarget({ ...resource, MinCapacity: 2, MaxCapacity: 3 });
  await scaling.putScalingPolicy({
    ...resource,
    PolicyName: 'load',
    PolicyType: 'TargetTrackingScaling',
    TargetTrackingScalingPolicyConfiguration: {
      TargetValue: 2,
      ScaleOutCooldown: 30,
      ScaleInCooldown: 30,
      CustomizedMetricSpecification: {
        Namespace: 'Probe',
        MetricName: 'Load',
        Statistic: 'Average',
        Unit: 'Count',
        Dimensions: [{ Name: 'Name', Value: 'breaking' }],
      },
    },
  });
  const scaleTo = async (count: number, METRIC: string): Promise<void> => {
    await service().deploy({ METRIC });
    const scaled = async () => (await service().describe()).desiredCount === count;
    await until(world(), `scaled to ${count}`, scaled);
    await service().steady();
  };
  await scaleTo(3, '4');
  const message = expect.stringContaining('scales from 2 to 3 tasks: load is ');
  expect(world().events).toContainEqual(expect.objectContaining({ message }));
  await scaleTo(2, '0.1');
});

test('a service that was scaled to 0 gets its tasks back', async () => {
  expect((await targets(world(), 'rolling')).size).toBe(0);
  const rolling = serviceOf(world(), 'rolling');
  await rolling.update({ desiredCount: 2 });
  await rolling.steady();
});

test('when the runners stop nothing runs, nothing is left, and the account says so', async () => {
  world().broken();
  const { folder, standIns } = world();
  const pids = standIns.runners.flatMap((one) => one.tasks().map(({ pid }) => pid ?? 0));
  expect(pids.length).toBeGreaterThan(6);
  await standIns.stop();
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow();
  expect(await processesWith(`${folder}/`)).toEqual([expect.stringContaining('server.py')]);
  expect(await readdir(folder)).not.toContain('tasks');
  for (const name of SERVICES) {
    const { describe, tasks } = serviceOf(world(), name);
    expect(await describe()).toMatchObject({ runningCount: 0, pendingCount: 0 });
    expect(await tasks()).toEqual([]);
    expect((await targets(world(), name)).size).toBe(0);
  }
});
