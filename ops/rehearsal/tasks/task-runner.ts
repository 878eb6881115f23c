import { DescribeSubnetsCommand } from '@aws-sdk/client-ec2';
import {
  DescribeTaskDefinitionCommand,
  GetTaskProtectionCommand,
  ListTasksCommand,
} from '@aws-sdk/client-ecs';
import {
  DeregisterTargetsCommand,
  DescribeTargetHealthCommand,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AwsClients } from '../emulator/aws-clients.ts';
import type { SideDoor, TaskReport } from '../emulator/side-door.ts';
import { startAgentEndpoint, type AgentEndpoint, type KnownTask } from './agent-endpoint.ts';
import type { PullImage } from './image.ts';
import type { Pace } from './pace.ts';
import { readSecrets } from './read-secrets.ts';
import { readService, type WantedDeployment, type WantedService } from './read-service.ts';
import { RunningTask, type TaskWorld } from './running-task.ts';
import { ServiceScheduler } from './service-scheduler.ts';
import { TaskAddresses } from './task-address.ts';
import { readTaskDefinition, type TaskPlan } from './task-definition.ts';
import type { RunnerEvent } from './task-event.ts';
import type { TargetState } from './task-health.ts';

export interface TaskRunnerOptions {
  clients: AwsClients;
  sideDoor: SideDoor;
  cluster: string;
  service: string;
  pace: Pace;
  pull: PullImage;
  /** The rehearsal's closed list, for one task. */
  addedVariables: (address: string) => Record<string, string>;
  credentials: (taskId: string, roleName: string) => Response;
  /** Scratch folders and logs of the tasks. */
  folder: string;
  emit: (event: RunnerEvent) => void;
  onLine: (task: RunningTask, line: string) => void;
  /** The emulator is gone, or something else that ends it all. */
  onFailure: (error: unknown) => void;
}

export interface TaskRunner {
  tasks: () => RunningTask[];
  /** Looks at once, as after a change. */
  poke: () => void;
  /** Ends every task at once and forgets them. */
  stop: () => Promise<void>;
}

const LOOK_EVERY_MS = 1000;
/** Changes that come together are looked at together. */
const POKE_MS = 30;
const DRAIN_LOOK_MS = 100;

/** Does for one service of the emulated account what ECS does: looks every second, and when something happened. */
export async function startTaskRunner(options: TaskRunnerOptions): Promise<TaskRunner> {
  const runner = new Runner(options);
  await runner.begin();
  return runner;
}

class Runner implements TaskRunner {
  readonly #options: TaskRunnerOptions;
  readonly #scheduler: ServiceScheduler;
  readonly #addresses = new TaskAddresses(process.pid);
  readonly #plans = new Map<string, TaskPlan>();
  readonly #zones = new Map<string, string>();
  readonly #known = new Map<string, KnownTask>();
  readonly #reports = new Map<string, Promise<void>>();
  readonly #agent: AgentEndpoint;
  #targetGroupArn: string | undefined;
  #looking: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(options: TaskRunnerOptions) {
    this.#options = options;
    const { clients, cluster, service, pace } = options;
    this.#agent = startAgentEndpoint({
      ecs: clients.ecs,
      find: (id) => this.#known.get(id),
      credentials: options.credentials,
    });
    this.#scheduler = new ServiceScheduler({
      now: Date.now,
      pace,
      cluster,
      service,
      read: async () => readService(clients.ecs, cluster, service),
      targetStates: async (arn) => this.#targetStates(arn),
      protectedTasks: async (ids) => this.#protected(ids),
      startTask: async (deployment, wanted) => this.#start(deployment, wanted),
      reportService: options.sideDoor.reportService,
      say: (message) => options.emit({ atMs: Date.now(), what: 'service', message }),
      onHealth: (task, health) => {
        if (health === 'pending') return;
        options.emit({ ...this.#eventOf(task), what: health });
      },
    });
  }

  async begin(): Promise<void> {
    await mkdir(join(this.#options.folder, 'logs'), { recursive: true });
    await this.#beginAnew();
    await this.#scheduler.look();
    this.#again(LOOK_EVERY_MS);
  }

  tasks(): RunningTask[] {
    return [...this.#scheduler.tasks];
  }

  poke(): void {
    if (!this.#stopped) this.#again(POKE_MS);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#looking.catch(() => undefined);
    await Promise.all(this.tasks().map(async (task) => task.kill()));
    await this.#agent.stop();
    // DescribeServices and the rest say that nothing runs; without an emulator there is nobody to tell.
    await this.#beginAnew().catch(() => undefined);
    await rm(join(this.#options.folder, 'tasks'), { recursive: true, force: true });
  }

  /** Tasks and targets of a runner that is gone run no more, and what failed with it may be tried again. */
  async #beginAnew(): Promise<void> {
    const { clients, sideDoor, cluster, service } = this.#options;
    await this.#forgetTasks();
    const wanted = await readService(clients.ecs, cluster, service);
    if (!wanted) return;
    if (wanted.targetGroupArn) await this.#forgetTargets(wanted.targetGroupArn);
    const [primary] = wanted.deployments;
    if (!primary) return;
    await sideDoor.reportService(cluster, service, {
      runningCount: 0,
      pendingCount: 0,
      deployments: [
        { id: primary.id, runningCount: 0, pendingCount: 0, failedTasks: 0, rolloutState: 'IN_PROGRESS' },
      ],
    });
  }

  async #forgetTasks(): Promise<void> {
    const { clients, sideDoor, cluster, service } = this.#options;
    for (const desiredStatus of ['RUNNING', 'STOPPED'] as const) {
      const { taskArns = [] } = await clients.ecs.send(
        new ListTasksCommand({ cluster, serviceName: service, desiredStatus }),
      );
      for (const arn of taskArns) await sideDoor.forgetTask(cluster, arn.split('/').at(-1) ?? '');
    }
  }

  async #forgetTargets(arn: string): Promise<void> {
    const { clients, sideDoor } = this.#options;
    const ids = [...(await this.#targetStates(arn)).keys()];
    if (ids.length === 0) return;
    const registered = [...(await this.#targetStates(arn))].filter(([, state]) => state !== 'draining');
    const Targets = registered.map(([Id]) => ({ Id }));
    if (Targets.length > 0)
      await clients.elb.send(new DeregisterTargetsCommand({ TargetGroupArn: arn, Targets }));
    await sideDoor.reportTargetHealth(
      arn,
      ids.map((id) => ({ id, state: 'unused' })),
    );
  }

  #again(afterMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#looking = this.#looking
        .then(async () => this.#scheduler.look())
        .then(
          () => void (this.#stopped || this.#again(LOOK_EVERY_MS)),
          (error: unknown) => {
            if (!this.#stopped) this.#options.onFailure(error);
          },
        );
    }, afterMs);
  }

  async #start(deployment: WantedDeployment, wanted: WantedService): Promise<RunningTask> {
    this.#targetGroupArn = wanted.targetGroupArn;
    const plan = await this.#plan(deployment.taskDefinition);
    const id = randomUUID().replaceAll('-', '');
    const address = await this.#addresses.take(plan.container.port);
    const zone = await this.#emptiestZone(wanted.subnetIds);
    const { cluster, service } = this.#options;
    this.#known.set(id, { id, arn: taskArn(plan, cluster, id), cluster, plan, address, zone });
    return new RunningTask(
      {
        id,
        plan,
        deploymentId: deployment.id,
        group: `service:${service}`,
        startedBy: deployment.id,
        address,
        zone,
        balanced: wanted.targetGroupArn !== undefined,
      },
      this.#world(),
    );
  }

  #world(): TaskWorld {
    const { clients, folder, pace, pull, addedVariables, emit, onLine } = this.#options;
    const target = (address: string, port: number) => ({
      TargetGroupArn: this.#targetGroupArn,
      Targets: [{ Id: address, Port: port }],
    });
    return {
      now: Date.now,
      pace,
      pull,
      readSecrets: async (plan) => readSecrets(clients.secrets, plan),
      addedVariables: ({ id, address }) => ({ ...this.#agent.variables(id), ...addedVariables(address) }),
      report: async (id, report) => this.#report(id, report),
      register: async (address, port) => {
        if (!this.#stopped) await clients.elb.send(new RegisterTargetsCommand(target(address, port)));
      },
      deregister: async (address, port) => {
        // Nobody asks any more, and the emulator may be going too.
        if (!this.#stopped) await clients.elb.send(new DeregisterTargetsCommand(target(address, port)));
      },
      drained: async (address) => this.#drained(address),
      emit,
      onLine,
      changed: () => this.poke(),
      taskFolder: (id) => join(folder, 'tasks', id),
      logPath: (id) => join(folder, 'logs', `task-${id}.log`),
    };
  }

  /** Reports of one task one after the other; what the emulator can't take any more is no reason to stop. */
  async #report(id: string, report: TaskReport): Promise<void> {
    const { sideDoor, cluster } = this.#options;
    const before = this.#reports.get(id) ?? Promise.resolve();
    const next = before.then(async () => {
      if (!this.#stopped) await sideDoor.reportTask(cluster, id, report);
    });
    this.#reports.set(id, next.catch(this.#options.onFailure));
    await this.#reports.get(id);
  }

  async #drained(address: string): Promise<void> {
    for (;;) {
      if (this.#stopped || !this.#targetGroupArn) return;
      const states = await this.#targetStates(this.#targetGroupArn);
      if (states.get(address) !== 'draining') return;
      await Bun.sleep(DRAIN_LOOK_MS);
    }
  }

  async #targetStates(arn: string): Promise<Map<string, TargetState>> {
    const { TargetHealthDescriptions = [] } = await this.#options.clients.elb.send(
      new DescribeTargetHealthCommand({ TargetGroupArn: arn }),
    );
    return new Map(
      TargetHealthDescriptions.map(({ Target, TargetHealth }) => [
        Target?.Id ?? '',
        (TargetHealth?.State ?? 'unused') as TargetState,
      ]),
    );
  }

  async #protected(ids: readonly string[]): Promise<Set<string>> {
    if (ids.length === 0) return new Set();
    const { cluster, clients } = this.#options;
    const { protectedTasks = [] } = await clients.ecs.send(
      new GetTaskProtectionCommand({ cluster, tasks: [...ids] }),
    );
    return new Set(
      protectedTasks.flatMap(({ taskArn: arn = '', protectionEnabled }) =>
        protectionEnabled ? [arn.split('/').at(-1) ?? ''] : [],
      ),
    );
  }

  async #plan(arn: string): Promise<TaskPlan> {
    const known = this.#plans.get(arn);
    if (known) return known;
    const { taskDefinition } = await this.#options.clients.ecs.send(
      new DescribeTaskDefinitionCommand({ taskDefinition: arn }),
    );
    const plan = readTaskDefinition(taskDefinition ?? {});
    this.#plans.set(arn, plan);
    return plan;
  }

  /** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html */
  async #emptiestZone(subnetIds: readonly string[]): Promise<string> {
    if (this.#zones.size === 0) {
      const { Subnets = [] } = await this.#options.clients.ec2.send(
        new DescribeSubnetsCommand({ SubnetIds: [...subnetIds] }),
      );
      for (const { SubnetId = '', AvailabilityZone = '' } of Subnets)
        this.#zones.set(SubnetId, AvailabilityZone);
    }
    const inZone = (zone: string): number =>
      this.tasks().filter(({ settings, phase }) => settings.zone === zone && phase !== 'stopping').length;
    const zones = [...new Set(this.#zones.values())].toSorted();
    return zones.toSorted((a, b) => inZone(a) - inZone(b))[0] ?? '';
  }

  #eventOf({ settings }: RunningTask) {
    const { id: taskId, deploymentId, plan, address } = settings;
    return { atMs: Date.now(), taskId, deploymentId, taskDefinition: plan.name, address };
  }
}

/** The cluster's name stands in a task's ARN. */
function taskArn(plan: TaskPlan, cluster: string, id: string): string {
  return `${plan.arn.split(':').slice(0, 5).join(':')}:task/${cluster}/${id}`;
}
