import type { ContainerDefinition, Service, Task } from '@aws-sdk/client-ecs';
import { watchAlarms } from '@lornu/rehearsal/alarms/watch-alarms.ts';
import { createAwsClients, type AwsClients } from '@lornu/rehearsal/emulator/aws-clients.ts';
import { readBalancer } from '@lornu/rehearsal/load-balancer/read-balancer.ts';
import { startHaproxy } from '@lornu/rehearsal/serve/start-haproxy.ts';
import { syncTargets } from '@lornu/rehearsal/serve/sync-targets.ts';
import { PullError } from '@lornu/rehearsal/tasks/image.ts';
import { createPace } from '@lornu/rehearsal/tasks/pace.ts';
import { startProcessContainer } from '@lornu/rehearsal/tasks/process-container.ts';
import type { RunnerEvent, TaskEvent } from '@lornu/rehearsal/tasks/task-event.ts';
import { startTaskRunner, type TaskRunner } from '@lornu/rehearsal/tasks/task-runner.ts';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKit, type EmulatorKit } from '../emulator/kit.ts';
import { makeLoadBalancer, makeNetwork } from '../emulator/network.ts';

export const cluster = 'lornu';
export const service = 'agent';
/** AWS's intervals of 15 s become half a second. */
const PACE = 30;
const ROOT = join(import.meta.dir, '../../..');

/** An emulated account with a service behind a load balancer, HAProxy in front, and the task runner. */
export interface RunningService {
  kit: EmulatorKit;
  clients: AwsClients;
  runner: TaskRunner;
  folder: string;
  url: string;
  groupArn: string;
  balancerArn: string;
  subnetIds: string[];
  securityGroup: string;
  events: RunnerEvent[];
  failures: unknown[];
  /** Registers the program with another environment and makes the service use it. */
  deploy: (environment?: Record<string, string>, about?: Partial<ContainerDefinition>) => Promise<string>;
  register: (
    environment?: Record<string, string>,
    about?: Partial<ContainerDefinition>,
    memory?: string,
  ) => Promise<string>;
  describe: () => Promise<Service>;
  describeTask: (id: string) => Promise<Task | undefined>;
  running: () => Promise<string[]>;
  targets: () => Promise<Record<string, string>>;
  /** Resolves when the service has completed its deployment and runs as many healthy tasks as desired. */
  steady: () => Promise<void>;
  until: (what: string, holds: () => boolean | Promise<boolean>) => Promise<void>;
  /** Events of a task, in order. */
  eventsOf: (id: string) => TaskEvent['what'][];
  stop: () => Promise<void>;
  end: () => Promise<void>;
}

const HEALTH = {
  command: [
    'CMD',
    'bun',
    '-e',
    "fetch('http://127.0.0.1:8080/health').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))",
  ],
  interval: 15,
  timeout: 5,
  retries: 3,
  startPeriod: 2,
};

/** `first` adds settings to the first deployment's container, such as secrets. */
export async function startService(
  first: (clients: AwsClients) => Promise<Partial<ContainerDefinition>> = async () => ({}),
): Promise<RunningService> {
  const kit = await startKit();
  const folder = await mkdtemp(join(tmpdir(), 'lornu-tasks-'));
  const clients = createAwsClients(kit.emulator.url);
  const network = await makeNetwork(kit);
  const { balancerArn, groupArn } = await makeLoadBalancer(kit, network, 'agent');
  await kit.elb.createListener({
    LoadBalancerArn: balancerArn,
    Port: 80,
    Protocol: 'HTTP',
    DefaultActions: [{ Type: 'forward', TargetGroupArn: groupArn }],
  });
  await kit.elb.modifyTargetGroup({
    TargetGroupArn: groupArn,
    HealthCheckPath: '/health',
    HealthCheckIntervalSeconds: 15,
    HealthyThresholdCount: 2,
    UnhealthyThresholdCount: 3,
  });
  await kit.elb.modifyTargetGroupAttributes({
    TargetGroupArn: groupArn,
    Attributes: [
      { Key: 'deregistration_delay.timeout_seconds', Value: '20' },
      { Key: 'load_balancing.algorithm.type', Value: 'least_outstanding_requests' },
    ],
  });
  await kit.ecs.createCluster({ clusterName: cluster });
  await clients.logs.createLogGroup({ logGroupName: '/test/agent' });

  const register: RunningService['register'] = async (environment = {}, about = {}, memory = '512') => {
    const { taskDefinition } = await kit.ecs.registerTaskDefinition({
      family: 'agent',
      // Fargate has no task as small as some tests need.
      requiresCompatibilities: [memory === '512' ? 'FARGATE' : 'EC2'],
      networkMode: 'awsvpc',
      cpu: '256',
      memory,
      taskRoleArn: 'arn:aws:iam::123456789012:role/TestTask',
      executionRoleArn: 'arn:aws:iam::123456789012:role/TestExecution',
      containerDefinitions: [
        {
          name: 'agent',
          image: 'program@good',
          essential: true,
          portMappings: [{ containerPort: 8080 }],
          environment: [
            { name: 'PORT', value: '8080' },
            ...Object.entries(environment).map(([name, value]) => ({ name, value })),
          ],
          healthCheck: HEALTH,
          stopTimeout: 2,
          logConfiguration: {
            logDriver: 'awslogs',
            options: { 'awslogs-group': '/test/agent', 'awslogs-stream-prefix': 'bun' },
          },
          ...about,
        },
      ],
    });
    return taskDefinition?.taskDefinitionArn ?? '';
  };
  await kit.ecs.createService({
    cluster,
    serviceName: service,
    taskDefinition: await register({ REVISION: '1' }, await first(clients)),
    desiredCount: 2,
    launchType: 'FARGATE',
    networkConfiguration: {
      awsvpcConfiguration: { subnets: network.subnetIds, securityGroups: [network.groupId] },
    },
    loadBalancers: [{ targetGroupArn: groupArn, containerName: 'agent', containerPort: 8080 }],
    deploymentConfiguration: {
      maximumPercent: 200,
      minimumHealthyPercent: 100,
      deploymentCircuitBreaker: { enable: true, rollback: true },
    },
    healthCheckGracePeriodSeconds: 2,
  });

  const events: RunnerEvent[] = [];
  const failures: unknown[] = [];
  const pace = createPace(PACE);
  const programs = join(folder, 'programs');
  await mkdir(programs);
  await symlink(process.execPath, join(programs, 'bun'));
  const start = {
    root: ROOT,
    cacheDir: join(ROOT, '.cache'),
    env: process.env,
    signal: new AbortController().signal,
    redact: (text: string) => text,
    dataDir: folder,
  };
  const balancer = await readBalancer(clients.elb, balancerArn);
  const haproxy = await startHaproxy(
    {
      balancer,
      certificateFolder: folder,
      folder: join(folder, 'haproxy'),
      tokenKeys: [],
      pace,
      wantedPorts: {},
    },
    start,
  );
  const runner: { current?: TaskRunner } = {};
  const targets = syncTargets({
    elb: clients.elb,
    sideDoor: kit.emulator.sideDoor,
    control: haproxy.control,
    groups: balancer.targetGroups,
    onFailure: (error) => failures.push(error),
    changed: () => runner.current?.poke(),
  });
  const alarms = watchAlarms({
    cloudwatch: clients.cloudwatch,
    elb: clients.elb,
    control: haproxy.control,
    loadBalancerArn: balancerArn,
    groups: balancer.targetGroups,
    pace,
    onFailure: (error) => failures.push(error),
  });
  runner.current = await startTaskRunner({
    clients,
    sideDoor: kit.emulator.sideDoor,
    cluster,
    service,
    pace,
    pull: async ({ image }) => {
      if (image !== 'program@good') throw new PullError(image, 'not found');
      const program = {
        command: ['bun', join(import.meta.dir, 'program/main.ts')],
        env: { HOME: '/tmp', SCRATCH: '/tmp/data' },
        folder,
        path: [programs],
      };
      return { title: 'the test program', start: async (options) => startProcessContainer(program, options) };
    },
    addedVariables: (address) => ({ HOST: address }),
    credentials: async (taskId, roleName) => Response.json({ taskId, roleName }),
    metricPeriodMs: 1000,
    folder,
    emit: (event) => events.push(event),
    onLine: () => {},
    onFailure: (error) => failures.push(error),
  });
  const started = runner.current;

  const until: RunningService['until'] = async (what, holds) => {
    const deadline = Date.now() + 90_000;
    while (!(await holds())) {
      if (failures.length > 0) throw failures[0];
      if (Date.now() > deadline) {
        throw new Error(
          `never ${what}:\n${events
            .slice(-30)
            .map((event) => JSON.stringify(event))
            .join('\n')}`,
        );
      }
      await Bun.sleep(50);
    }
  };
  const describe = async (): Promise<Service> => {
    const { services } = await kit.ecs.describeServices({ cluster, services: [service] });
    const [found] = services ?? [];
    if (!found) throw new Error('the service is gone');
    return found;
  };
  const stop = async (): Promise<void> => {
    await started.stop();
    await alarms.stop();
    await targets.stop();
    await haproxy.child.stop();
  };
  return {
    kit,
    clients,
    runner: started,
    folder,
    url: `http://127.0.0.1:${haproxy.ports[80]}`,
    groupArn,
    balancerArn,
    subnetIds: network.subnetIds,
    securityGroup: network.groupId,
    events,
    failures,
    register,
    deploy: async (environment, about) => {
      const taskDefinition = await register(environment, about);
      await kit.ecs.updateService({ cluster, service, taskDefinition });
      return taskDefinition;
    },
    describe,
    describeTask: async (id) => (await kit.ecs.describeTasks({ cluster, tasks: [id] })).tasks?.[0],
    running: async () => {
      const { taskArns = [] } = await kit.ecs.listTasks({ cluster, serviceName: service });
      return taskArns.map((arn) => arn.split('/').at(-1) ?? '');
    },
    targets: async () => {
      const { TargetHealthDescriptions = [] } = await kit.elb.describeTargetHealth({
        TargetGroupArn: groupArn,
      });
      return Object.fromEntries(
        TargetHealthDescriptions.map(({ Target, TargetHealth }) => [
          Target?.Id ?? '',
          TargetHealth?.State ?? '',
        ]),
      );
    },
    until,
    steady: async () =>
      until('steady', async () => {
        const found = await describe();
        const [primary, ...others] = found.deployments ?? [];
        return (
          primary?.rolloutState === 'COMPLETED' &&
          others.length === 0 &&
          found.runningCount === found.desiredCount &&
          started.tasks().length === found.desiredCount &&
          started.tasks().every(({ phase, wasHealthy }) => phase === 'running' && wasHealthy)
        );
      }),
    eventsOf: (id) =>
      events.flatMap((event) => ('taskId' in event && event.taskId === id ? [event.what] : [])),
    stop,
    end: async () => {
      await stop();
      await kit.end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Sends requests continuously and counts each status, until it is stopped. */
export function keepAsking(url: string): { end: () => Promise<Record<string, number>> } {
  const life = new AbortController();
  const seen: Record<string, number> = {};
  const loop = (async () => {
    while (!life.signal.aborted) {
      const answer = await fetch(url).then(
        async (response) =>
          `${response.status} ${((await response.json()) as { revision: string }).revision}`,
        (error: unknown) => String(error),
      );
      seen[answer] = (seen[answer] ?? 0) + 1;
      await Bun.sleep(10);
    }
  })();
  return {
    end: async () => {
      life.abort();
      await loop;
      return seen;
    },
  };
}
