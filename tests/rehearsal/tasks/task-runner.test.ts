import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { processesWith } from '../whole/kit.ts';
import { cluster, keepAsking, service, startService } from './kit.ts';

// Other work on the machine must not make a slow answer a failure.
setDefaultTimeout(120_000);

// One service for the whole file: each test begins and ends with it steady.
const it = await startService();
afterAll(async () => it.end());

const ask = async (path = '/'): Promise<Record<string, unknown>> =>
  (await (await fetch(`${it.url}${path}`)).json()) as Record<string, unknown>;
const aTask = () => {
  const [task] = it.runner.tasks();
  if (!task) throw new Error('no task runs');
  return task;
};

describe('a running service', () => {
  test('is shown as such by the Describe calls', async () => {
    await it.steady();
    expect(await it.describe()).toMatchObject({ desiredCount: 2, runningCount: 2, pendingCount: 0 });
    const tasks = it.runner.tasks();
    expect((await it.running()).toSorted()).toEqual(tasks.map(({ id }) => id).toSorted());
    expect(new Set(tasks.map(({ settings }) => settings.zone))).toEqual(
      new Set(['us-east-1a', 'us-east-1b']),
    );
    const { address } = aTask().settings;
    expect(await it.describeTask(aTask().id)).toMatchObject({
      lastStatus: 'RUNNING',
      healthStatus: 'HEALTHY',
      group: 'service:agent',
      containers: [{ lastStatus: 'RUNNING', networkInterfaces: [{ privateIpv4Address: address }] }],
    });
    expect(await it.targets()).toEqual(
      Object.fromEntries(tasks.map(({ settings }) => [settings.address, 'healthy'])),
    );
    expect(it.eventsOf(aTask().id)).toEqual(['provisioning', 'started', 'registered', 'running', 'healthy']);
  });

  test('gets environment, secrets, and the endpoints of ECS', async () => {
    const secret = async (Name: string, SecretString: string) =>
      (await it.clients.secrets.createSecret({ Name, SecretString })).ARN ?? '';
    const arn = await secret('client', '{"id":"web","secret":"s3cret"}');
    await it.deploy(
      { REVISION: '2', LORNU_TEST: 'given' },
      {
        secrets: [
          { name: 'CLIENT_ID', valueFrom: `${arn}:id::` },
          { name: 'CLIENT', valueFrom: arn },
        ],
      },
    );
    await it.steady();
    const environment = (await ask('/environment')) as Record<string, string>;
    expect(environment).toMatchObject({
      LORNU_TEST: 'given',
      CLIENT_ID: 'web',
      CLIENT: '{"id":"web","secret":"s3cret"}',
      PORT: '8080',
    });
    const task = it.runner.tasks().find(({ settings }) => settings.address === environment['HOST']);
    // The image's /tmp is the task's own folder.
    expect(environment['SCRATCH']).toBe(join(it.folder, 'tasks', task?.id ?? '', 'data'));

    const read = async (url = ''): Promise<unknown> => (await fetch(url)).json();
    const metadata = environment['ECS_CONTAINER_METADATA_URI_V4'];
    expect(await read(metadata)).toMatchObject({ Name: 'agent', Image: 'program@good' });
    expect(await read(`${metadata}/task`)).toMatchObject({
      Cluster: cluster,
      Family: 'agent',
      Revision: '2',
    });
    expect(await read(environment['AWS_CONTAINER_CREDENTIALS_FULL_URI'])).toEqual({
      taskId: task?.id ?? '',
      roleName: 'TestTask',
    });
    expect(
      (await fetch(`${environment['ECS_AGENT_URI']}x/task-protection/v1/state`, { method: 'PUT' })).status,
    ).toBe(404);
  });
});

describe('a new deployment', () => {
  test('replaces the tasks one generation after the other, and no request fails', async () => {
    const before = it.runner.tasks();
    const stream = fetch(`${it.url}/stream?ms=6000`);
    const asking = keepAsking(it.url);
    await it.deploy({ REVISION: '3' });
    await it.steady();
    const seen = await asking.end();
    // Only responses of the two revisions.
    expect(Object.keys(seen)).toHaveLength(2);
    expect(Object.keys(seen).every((answer) => answer.startsWith('200 '))).toBe(true);
    expect(seen['200 3']).toBeGreaterThan(0);
    // The running stream continued in its old task to its end.
    expect(await (await stream).text()).toEndWith('word end');
    for (const { id } of before) {
      expect(it.eventsOf(id).slice(-4)).toEqual(['draining', 'drained', 'sigterm', 'stopped']);
      expect(await it.describeTask(id)).toMatchObject({
        lastStatus: 'STOPPED',
        stopCode: 'ServiceSchedulerInitiated',
        containers: [{ exitCode: 0 }],
      });
    }
    const drains = it.events.flatMap((event) =>
      'detail' in event && event.what === 'drained' ? [event.detail] : [],
    );
    expect(drains.some((detail) => Number(/[\d.]+/.exec(detail ?? '')?.[0]) >= 1)).toBe(true);
  });

  test('waits for an old task that protects itself', async () => {
    const task = aTask();
    const protect = async (ProtectionEnabled: boolean): Promise<unknown> => {
      const { ECS_AGENT_URI } = (await (
        await fetch(`http://${task.settings.address}:8080/environment`)
      ).json()) as Record<string, string>;
      const answer = await fetch(`${ECS_AGENT_URI}/task-protection/v1/state`, {
        method: 'PUT',
        body: JSON.stringify({ ProtectionEnabled }),
      });
      return answer.json();
    };
    expect(await protect(true)).toMatchObject({ protection: { ProtectionEnabled: true } });
    await it.deploy({ REVISION: '4' });
    await it.until('replaced but for the protected one', async () => {
      const [primary, old] = (await it.describe()).deployments ?? [];
      return primary?.runningCount === 2 && old?.runningCount === 1;
    });
    expect(task.phase).toBe('running');
    expect((await it.describe()).deployments).toMatchObject([
      { status: 'PRIMARY', rolloutState: 'IN_PROGRESS' },
      { status: 'ACTIVE', rolloutState: 'COMPLETED' },
    ]);
    expect(await protect(false)).toMatchObject({ protection: { ProtectionEnabled: false } });
    await it.steady();
    expect(task.phase).toBe('stopped');
  });

  test.each([
    ['whose image is not there', {}, { image: 'program@none' }, 'CannotPullContainerError'],
    ['that ends at its start', { CRASH_AFTER_MS: '300' }, {}, 'Essential container in task exited'],
    ['whose health check fails', { SICK: '1' }, {}, 'Task failed health checks'],
    [
      'whose secret is not there',
      {},
      {
        secrets: [
          { name: 'X', valueFrom: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:none-AbCdEf' },
        ],
      },
      'ResourceInitializationError: unable to pull secrets',
    ],
    [
      'whose log group is not there',
      {},
      { logConfiguration: { logDriver: 'awslogs' as const, options: { 'awslogs-group': '/test/none' } } },
      'ResourceInitializationError: failed to validate logger args',
    ],
  ])('%s is rolled back while the old one serves', async (_name, environment, about, reason) => {
    const before = (await it.describe()).deployments?.[0];
    const asking = keepAsking(it.url);
    const bad = await it.deploy({ REVISION: 'bad', ...environment }, about);
    await it.until('rolled back', () =>
      it.events.some((event) => event.what === 'service' && event.message.includes('rolling back')),
    );
    await it.steady();
    expect(Object.keys(await asking.end())).toEqual(['200 4']);
    const after = await it.describe();
    expect(after.taskDefinition).toBe(before?.taskDefinition ?? '');
    expect(after.deployments?.[0]?.id).toBe(before?.id ?? '');
    const name = bad.split('/').at(-1);
    const stopped = it.events.filter(
      (event) =>
        event.what === 'stopped' &&
        'taskDefinition' in event &&
        event.taskDefinition === name &&
        // The rollback ends one that was still starting.
        !event.detail?.startsWith('Scaling activity'),
    );
    expect(stopped.length).toBeGreaterThanOrEqual(3);
    expect(stopped.every((event) => 'detail' in event && event.detail?.includes(reason))).toBe(true);
    expect(after.events?.map(({ message }) => message).join('\n')).toContain(
      'deployment failed: tasks failed to start',
    );
    it.events.length = 0;
  });
});

describe('a task', () => {
  test('that is killed is replaced', async () => {
    const task = aTask();
    process.kill(task.pid ?? 0, 'SIGKILL');
    await it.until('stopped', () => task.phase === 'stopped');
    await it.steady();
    expect(it.runner.tasks()).not.toContain(task);
    expect(await it.describeTask(task.id)).toMatchObject({
      lastStatus: 'STOPPED',
      stopCode: 'EssentialContainerExited',
      containers: [{ exitCode: 137 }],
    });
  });

  test('that somebody stops is replaced too, in order', async () => {
    const task = aTask();
    await it.kit.ecs.stopTask({ cluster, task: task.id, reason: 'a drill' });
    await it.until('stopped', () => task.phase === 'stopped');
    await it.steady();
    expect(await it.describeTask(task.id)).toMatchObject({
      stopCode: 'UserInitiated',
      stoppedReason: 'a drill',
    });
    expect(it.eventsOf(task.id).slice(-3)).toEqual(['drained', 'sigterm', 'stopped']);
  });

  test('that exceeds its memory is ended', async () => {
    const task = await runTask(await it.register({ EAT_MB: '300' }, {}, '256'));
    await it.until('stopped', async () => (await it.describeTask(task))?.lastStatus === 'STOPPED');
    const found = await it.describeTask(task);
    expect(found?.stoppedReason).toStartWith('OutOfMemoryError: Container killed due to memory usage');
    expect(found?.containers?.[0]?.exitCode).toBe(137);
  });

  test('that ignores SIGTERM is killed after the stop timeout', async () => {
    const task = await runTask(await it.register({ KEEP_ON_SIGTERM: '1' }));
    await it.until('listening', async () => (await logOf(task)).includes('listening'));
    await it.kit.ecs.stopTask({ cluster, task });
    await it.until('stopped', async () => (await it.describeTask(task))?.lastStatus === 'STOPPED');
    expect((await it.describeTask(task))?.containers?.[0]?.exitCode).toBe(137);
    const [sigterm, sigkill] = ['sigterm', 'sigkill'].map(
      (what) =>
        it.events.find((event) => event.what === what && 'taskId' in event && event.taskId === task)?.atMs ??
        0,
    );
    expect((sigkill ?? 0) - (sigterm ?? 0)).toBeGreaterThanOrEqual(2_000);
  });

  test('started by RunTask runs the given command, and its lines are in the log', async () => {
    const task = await runTask((await it.describe()).taskDefinition ?? '', {
      command: ['bun', '-e', 'console.log("hello from", process.env.HOST, process.env.WHO); process.exit(3)'],
      environment: [{ name: 'WHO', value: 'the test' }],
    });
    await it.until('stopped', async () => (await it.describeTask(task))?.lastStatus === 'STOPPED');
    expect(await it.describeTask(task)).toMatchObject({
      stopCode: 'EssentialContainerExited',
      containers: [{ exitCode: 3 }],
    });
    await it.until('logged', async () => /hello from 127\.\d+\.\d+\.\d+ the test/.test(await logOf(task)));
    // It belongs neither to the service nor to a target group.
    expect(await it.running()).not.toContain(task);
    expect(it.eventsOf(task)).toEqual(['provisioning', 'started', 'running', 'stopped']);
  });
});

test('the service scales by the metric lines of its tasks', async () => {
  const resource = {
    ServiceNamespace: 'ecs',
    ScalableDimension: 'ecs:service:DesiredCount',
    ResourceId: `service/${cluster}/${service}`,
  } as const;
  await it.clients.autoscaling.registerScalableTarget({ ...resource, MinCapacity: 2, MaxCapacity: 3 });
  await it.clients.autoscaling.putScalingPolicy({
    ...resource,
    PolicyName: 'streams',
    PolicyType: 'TargetTrackingScaling',
    TargetTrackingScalingPolicyConfiguration: {
      TargetValue: 2,
      ScaleOutCooldown: 30,
      ScaleInCooldown: 30,
      CustomizedMetricSpecification: {
        Namespace: 'Test',
        MetricName: 'Streams',
        Statistic: 'Average',
        Unit: 'Count',
        Dimensions: [{ Name: 'Environment', Value: 'test' }],
      },
    },
  });
  await it.deploy({ REVISION: '5', METRICS: '1' });
  await it.steady();
  const life = new AbortController();
  const streams = Array.from({ length: 8 }, async () =>
    fetch(`${it.url}/stream?ms=60000`, { signal: life.signal }),
  );
  for (const answer of await Promise.all(streams)) void answer.text().catch(() => {});
  await it.until('scaled out', async () => (await it.describe()).desiredCount === 3);
  await it.steady();
  expect(
    it.events.findLast((event) => event.what === 'service' && event.message.includes('scales')),
  ).toMatchObject({
    message: expect.stringContaining('scales from 2 to 3 tasks: streams is '),
  });
  life.abort();
  await it.until('scaled in', async () => (await it.describe()).desiredCount === 2);
  await it.steady();
});

test('a desired count of 0 stops all tasks, and they come back', async () => {
  await it.kit.ecs.updateService({ cluster, service, desiredCount: 0 });
  await it.until(
    'empty',
    async () => (await it.describe()).runningCount === 0 && it.runner.tasks().length === 0,
  );
  expect(await it.targets()).toEqual({});
  await it.kit.ecs.updateService({ cluster, service, desiredCount: 2 });
  await it.steady();
});

test('when the runner stops nothing runs, nothing is left, and the account says so', async () => {
  expect(await processesWith(join(it.folder, 'tasks'))).toBeArray();
  const pids = it.runner.tasks().map(({ pid }) => pid ?? 0);
  await it.stop();
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow();
  expect(await processesWith(it.folder)).toEqual([]);
  expect(await stat(join(it.folder, 'tasks')).catch(() => undefined)).toBeUndefined();
  expect((await readdir(it.folder)).toSorted()).toEqual(['haproxy', 'logs', 'programs']);
  expect(await it.describe()).toMatchObject({ runningCount: 0, pendingCount: 0 });
  expect(await it.running()).toEqual([]);
  expect(await it.targets()).toEqual({});
  expect(it.failures).toEqual([]);
});

async function runTask(taskDefinition: string, override: object = {}): Promise<string> {
  const { tasks } = await it.kit.ecs.runTask({
    cluster,
    taskDefinition,
    launchType: 'FARGATE',
    networkConfiguration: {
      awsvpcConfiguration: { subnets: it.subnetIds, securityGroups: [it.securityGroup] },
    },
    overrides: { containerOverrides: [{ name: 'agent', ...override }] },
  });
  return tasks?.[0]?.taskArn?.split('/').at(-1) ?? '';
}

async function logOf(task: string): Promise<string> {
  const { events = [] } = await it.clients.logs
    .getLogEvents({ logGroupName: '/test/agent', logStreamName: `bun/agent/${task}` })
    .catch(() => ({ events: [] }));
  return events.map(({ message }) => message).join('\n');
}
