import type { DeploymentConfiguration, Service } from '@aws-sdk/client-ecs';
import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { failure, startKit } from './kit.ts';
import { makeNetwork } from './network.ts';

// Other work on the machine must not make a slow answer a failure.
setDefaultTimeout(120_000);

const cluster = 'lornu';
const TASK_ID = '0123456789abcdef0123456789abcdef';
const OTHER_ID = 'fedcba9876543210fedcba9876543210';
const deploymentConfiguration: DeploymentConfiguration = {
  maximumPercent: 200,
  minimumHealthyPercent: 100,
  deploymentCircuitBreaker: { enable: true, rollback: true },
  alarms: { alarmNames: ['target-5xx'], enable: true, rollback: true },
  strategy: 'ROLLING',
  bakeTimeInMinutes: 0,
};

const revisions: string[] = [];

const kit = await startKit();
const { subnetIds, groupId } = await makeNetwork(kit);
const awsvpcConfiguration = { subnets: subnetIds, securityGroups: [groupId] };
await kit.ecs.createCluster({ clusterName: cluster });
for (const revision of ['1', '2']) {
  const { taskDefinition } = await kit.ecs.registerTaskDefinition({
    family: 'agent',
    requiresCompatibilities: ['FARGATE'],
    networkMode: 'awsvpc',
    cpu: '256',
    memory: '512',
    containerDefinitions: [{ name: 'agent', image: `image:${revision}`, essential: true, stopTimeout: 120 }],
  });
  revisions.push(taskDefinition?.taskDefinitionArn ?? '');
}
await kit.ecs.createService({
  cluster,
  serviceName: 'agent',
  taskDefinition: revisions[0],
  desiredCount: 2,
  launchType: 'FARGATE',
  platformVersion: 'LATEST',
  networkConfiguration: { awsvpcConfiguration },
  deploymentConfiguration,
  healthCheckGracePeriodSeconds: 60,
  enableECSManagedTags: true,
  availabilityZoneRebalancing: 'ENABLED',
  propagateTags: 'SERVICE',
});
afterAll(async () => kit.end());

async function service(): Promise<Service> {
  const { services } = await kit.ecs.describeServices({ cluster, services: ['agent'] });
  const [found] = services ?? [];
  if (!found) throw new Error('the service is gone');
  return found;
}

const listed = async (filter: { serviceName?: string; desiredStatus?: 'RUNNING' | 'STOPPED' }) =>
  (await kit.ecs.listTasks({ cluster, ...filter })).taskArns;

describe('a service', () => {
  test('keeps its deployment settings, circuit breaker, alarms and grace period', async () => {
    expect(await service()).toMatchObject({
      deploymentConfiguration,
      healthCheckGracePeriodSeconds: 60,
      enableECSManagedTags: true,
      availabilityZoneRebalancing: 'ENABLED',
      propagateTags: 'SERVICE',
    });
  });

  test('runs nothing until something runs', async () => {
    const found = await service();
    expect(found).toMatchObject({ desiredCount: 2, runningCount: 0 });
    expect(found.deployments).toHaveLength(1);
    expect(found.deployments?.[0]).toMatchObject({
      status: 'PRIMARY',
      rolloutState: 'IN_PROGRESS',
      runningCount: 0,
    });
  });

  test('shows what was reported of it, and refuses what no service has', async () => {
    const { deployments = [] } = await service();
    await kit.emulator.sideDoor.reportService(cluster, 'agent', {
      runningCount: 2,
      pendingCount: 0,
      deployments: [{ id: deployments[0]?.id ?? '', runningCount: 2, rolloutState: 'COMPLETED' }],
      events: [{ id: 'e1', message: '(service agent) has reached a steady state.' }],
    });
    const found = await service();
    expect(found).toMatchObject({ runningCount: 2, pendingCount: 0 });
    expect(found.deployments?.[0]).toMatchObject({ rolloutState: 'COMPLETED', taskDefinition: revisions[0] });
    expect(found.events?.[0]?.message).toContain('steady state');
    expect(
      await failure(kit.emulator.sideDoor.reportService(cluster, 'agent', { mood: 'good' } as object)),
    ).toHaveProperty('message', expect.stringContaining('unknown members: mood'));
  });

  test('begins a deployment when its task definition changes, while the old one still runs', async () => {
    await kit.ecs.updateService({ cluster, service: 'agent', taskDefinition: revisions[1] });
    const { deployments = [], runningCount } = await service();
    expect(deployments.map(({ status, taskDefinition }) => [status, taskDefinition])).toEqual([
      ['PRIMARY', revisions[1]],
      ['ACTIVE', revisions[0]],
    ]);
    expect(deployments[0]).toMatchObject({ rolloutState: 'IN_PROGRESS', runningCount: 0 });
    expect(runningCount).toBe(2);
  });

  test('takes no report that was made for an older deployment', async () => {
    const [primary] = (await service()).deployments ?? [];
    const report = { runningCount: 1, deployments: [], expectedPrimary: 'ecs-svc/0' };
    expect(await kit.emulator.sideDoor.reportService(cluster, 'agent', report)).toBe(false);
    const after = await service();
    expect(after.deployments?.[0]?.id).toBe(primary?.id ?? '');
    expect(after.runningCount).toBe(2);
  });

  test('begins none for another count, and one when it is forced', async () => {
    await kit.ecs.updateService({ cluster, service: 'agent', desiredCount: 3 });
    const scaled = await service();
    expect(scaled.deployments).toHaveLength(2);
    expect(scaled).toMatchObject({ desiredCount: 3, runningCount: 2 });
    await kit.ecs.updateService({ cluster, service: 'agent', forceNewDeployment: true });
    expect((await service()).deployments).toHaveLength(3);
  });

  test('keeps what an update leaves out', async () => {
    await kit.ecs.updateService({
      cluster,
      service: 'agent',
      deploymentConfiguration: { deploymentCircuitBreaker: { enable: false, rollback: false } },
    });
    expect(await service()).toMatchObject({
      healthCheckGracePeriodSeconds: 60,
      deploymentConfiguration: {
        deploymentCircuitBreaker: { enable: false, rollback: false },
        maximumPercent: 200,
        minimumHealthyPercent: 100,
      },
    });
  });
});

describe('tasks', () => {
  test('appear with their first report and follow the later ones', async () => {
    const { sideDoor } = kit.emulator;
    await sideDoor.reportTask(cluster, TASK_ID, {
      taskDefinition: revisions[0] ?? '',
      group: 'service:agent',
      lastStatus: 'PENDING',
      startedBy: 'ecs-svc/1',
    });
    await sideDoor.reportTask(cluster, TASK_ID, {
      lastStatus: 'RUNNING',
      healthStatus: 'HEALTHY',
      startedAt: 1_790_000_000,
      attachments: [
        {
          id: 'a',
          type: 'ElasticNetworkInterface',
          status: 'ATTACHED',
          details: [{ name: 'privateIPv4Address', value: '10.9.0.7' }],
        },
      ],
    });
    const { tasks } = await kit.ecs.describeTasks({ cluster, tasks: [TASK_ID] });
    expect(tasks?.[0]).toMatchObject({
      taskArn: `arn:aws:ecs:us-east-1:123456789012:task/${cluster}/${TASK_ID}`,
      taskDefinitionArn: revisions[0],
      lastStatus: 'RUNNING',
      desiredStatus: 'RUNNING',
      healthStatus: 'HEALTHY',
      startedAt: new Date(1_790_000_000_000),
    });
    expect(await listed({ serviceName: 'agent' })).toHaveLength(1);
    expect(await listed({ serviceName: 'other' })).toHaveLength(0);
  });

  test('that are told to stop are listed as such, and stop when it is reported', async () => {
    await kit.ecs.stopTask({ cluster, task: TASK_ID, reason: 'test' });
    const told = await kit.ecs.describeTasks({ cluster, tasks: [TASK_ID] });
    expect(told.tasks?.[0]).toMatchObject({
      lastStatus: 'RUNNING',
      desiredStatus: 'STOPPED',
      stoppedReason: 'test',
    });
    expect(await listed({ serviceName: 'agent' })).toHaveLength(0);
    expect(await listed({ serviceName: 'agent', desiredStatus: 'STOPPED' })).toHaveLength(1);
    await kit.emulator.sideDoor.forgetTask(cluster, TASK_ID);
    expect(await listed({ desiredStatus: 'STOPPED' })).toHaveLength(0);
  });

  test('asked for by RunTask wait for something to run them', async () => {
    const { tasks } = await kit.ecs.runTask({
      cluster,
      taskDefinition: revisions[1],
      launchType: 'FARGATE',
      networkConfiguration: { awsvpcConfiguration },
      overrides: { containerOverrides: [{ name: 'agent', command: ['verify'] }] },
    });
    expect(tasks?.[0]).toMatchObject({
      lastStatus: 'PROVISIONING',
      desiredStatus: 'RUNNING',
      group: 'family:agent',
    });
    expect(tasks?.[0]?.overrides?.containerOverrides?.[0]?.command).toEqual(['verify']);
  });

  test('are protected until the time is over or the protection is taken back', async () => {
    // Only tasks of a service can be protected.
    await kit.emulator.sideDoor.reportTask(cluster, OTHER_ID, {
      taskDefinition: revisions[0] ?? '',
      group: 'service:agent',
    });
    const protect = async (protectionEnabled: boolean, expiresInMinutes?: number) =>
      kit.ecs.updateTaskProtection({
        cluster,
        tasks: [OTHER_ID],
        protectionEnabled,
        ...(expiresInMinutes ? { expiresInMinutes } : {}),
      });
    const { protectedTasks } = await protect(true, 5);
    expect(protectedTasks?.[0]?.protectionEnabled).toBe(true);
    const minutes = ((protectedTasks?.[0]?.expirationDate?.getTime() ?? 0) - Date.now()) / 60_000;
    expect(minutes).toBeWithin(4.5, 5.5);

    await protect(false);
    const { protectedTasks: after, failures } = await kit.ecs.getTaskProtection({
      cluster,
      tasks: [OTHER_ID, 'none'],
    });
    expect(after?.[0]?.protectionEnabled).toBe(false);
    expect(failures).toEqual([{ arn: 'none', reason: 'TASK_NOT_VALID' }]);
    expect(await failure(protect(true, 3_000))).toMatchObject({ name: 'InvalidParameterException' });
  });
});

test('a deleted service is inactive, which AWS shows too and no leftover is', async () => {
  await kit.ecs.deleteService({ cluster, service: 'agent', force: true });
  const { left, keptByAws } = await kit.emulator.sideDoor.leftovers();
  expect(left.filter((line) => line.startsWith('ecs services'))).toEqual([]);
  expect(keptByAws).toContain('ecs services lornu:agent');
});
