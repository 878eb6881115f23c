import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { untilAborted } from '@lornu/ops/process/until-aborted.ts';
import type { AwsClients } from '../emulator/aws-clients.ts';
import type { SideDoor, TaskReport } from '../emulator/side-door.ts';
import { EcsAccount } from './account.ts';
import { TaskRequests } from './asked-tasks.ts';
import { startAgentEndpoint, type AgentEndpoint, type KnownTask } from './agent-endpoint.ts';
import type { PullImage } from './image.ts';
import type { Pace } from './pace.ts';
import { readSecrets } from './read-secrets.ts';
import { readService, type WantedDeployment, type WantedService } from './read-service.ts';
import { RunningTask, type TaskWorld } from './running-task.ts';
import { ServiceScheduler } from './service-scheduler.ts';
import { SingleTasks } from './single-tasks.ts';
import { TaskAddresses } from './task-address.ts';
import type { TaskNetwork } from './task-network.ts';
import type { TaskPlan } from './task-definition.ts';
import type { RunnerEvent } from './task-event.ts';
import type { TaskSettings } from './task-settings.ts';
import { Autoscaler } from './autoscaler.ts';
import { beginAnew } from './begin-anew.ts';
import { watchTasks, type TaskWatch } from './watch-tasks.ts';

export interface TaskRunnerOptions {
  clients: AwsClients;
  sideDoor: SideDoor;
  cluster: string;
  service: string;
  pace: Pace;
  pull: PullImage;
  /** The rehearsal's closed list, for one task. */
  addedVariables: (address: string) => Readonly<Record<string, string>>;
  credentials: (taskId: string, roleName: string) => Promise<Response>;
  /** Networks of the tasks' own, and the loopback port to which their agent's address leads; loopback addresses where it is left out. */
  network?: { tasks: TaskNetwork; agentPort?: number } | undefined;
  /** The account as one of a task's roles sees it; as an administrator where it is left out. */
  asRole?: (roleArn: string, taskId: string) => Promise<AwsClients>;
  /** Length of a metric's period. Default: a minute divided by the pace, at least 20 s. */
  metricPeriodMs?: number;
  /** Folder for scratch folders and logs of the tasks. */
  folder: string;
  emit: (event: RunnerEvent) => void;
  onLine: (task: RunningTask, line: string) => void;
  /** Called when the emulator is gone, or something else ends everything. */
  onFailure: (error: unknown) => unknown;
}

export interface TaskRunner {
  tasks: () => RunningTask[];
  /** Runs the scheduler at once, as after a change. */
  poke: () => void;
  /** Ends every task at once and forgets them. */
  stop: () => Promise<void>;
}

const LOOK_EVERY_MS = 1000;
/** Changes within this time are handled together. */
const POKE_MS = 30;
const DRAIN_LOOK_MS = 100;
const FLUSH_EVERY_MS = 1000;
/** The service writes a metric line every 20 s. */
const LEAST_METRIC_PERIOD_MS = 20_000;

/** Does ECS's work for one service of the emulated account: runs every second, and after every event. */
export async function startTaskRunner(options: TaskRunnerOptions): Promise<TaskRunner> {
  const runner = new Runner(options);
  try {
    await runner.begin();
    return runner;
  } catch (error) {
    await runner.stop();
    throw error;
  }
}

class Runner implements TaskRunner {
  readonly #options: TaskRunnerOptions;
  readonly #scheduler: ServiceScheduler;
  readonly #network: TaskNetwork;
  readonly #account: EcsAccount;
  readonly #known = new Map<string, KnownTask>();
  readonly #reports = new Map<string, Promise<void>>();
  readonly #agent: AgentEndpoint;
  readonly #single: SingleTasks;
  readonly #requests: TaskRequests;
  readonly #watch: TaskWatch;
  readonly #autoscaler: Autoscaler;
  #targetGroupArn: string | undefined;
  #looking: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watching: Promise<void> = Promise.resolve();
  readonly #metricPeriodMs: number;
  readonly #life = new AbortController();
  #stopped = false;
  #busy = false;
  /** Something changed during a run. */
  #poked = false;

  constructor(options: TaskRunnerOptions) {
    this.#options = options;
    const { clients, cluster, service, pace } = options;
    this.#account = new EcsAccount(clients, cluster);
    this.#network = options.network?.tasks ?? new TaskAddresses(process.pid);
    this.#agent = startAgentEndpoint({
      port: options.network?.agentPort,
      ecsOf: async ({ id, plan }) => (await this.#as(plan.taskRoleArn, id)).ecs,
      find: (id) => this.#known.get(id),
      credentials: options.credentials,
    });
    this.#requests = new TaskRequests(clients.ecs, cluster);
    this.#single = new SingleTasks({
      ecs: clients.ecs,
      sideDoor: options.sideDoor,
      cluster,
      service,
      account: this.#account,
      network: this.#network,
      run: (settings) => this.#run(settings),
    });
    this.#watch = watchTasks(clients, { cluster, service });
    this.#metricPeriodMs = options.metricPeriodMs ?? Math.max(LEAST_METRIC_PERIOD_MS, pace.interval(60));
    this.#autoscaler = new Autoscaler({
      clients,
      cluster,
      service,
      periodMs: this.#metricPeriodMs,
      paceFactor: pace.factor,
      now: Date.now,
      say: (message) => options.emit({ atMs: Date.now(), what: 'service', message }),
    });
    this.#scheduler = new ServiceScheduler({
      now: Date.now,
      pace,
      cluster,
      service,
      read: async () => readService(clients.ecs, cluster, service),
      targetStates: async (arn) => this.#account.targetStates(arn),
      protectedTasks: async (ids) => this.#account.protectedTasks(ids),
      alarms: async (names) => this.#account.alarms(names),
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
    await this.#look();
    this.#watching = this.#watchOn();
  }

  tasks(): RunningTask[] {
    return [...this.#scheduler.tasks, ...this.#single.tasks];
  }

  poke(): void {
    this.#poked = true;
    if (!this.#stopped && !this.#busy) this.#again(POKE_MS);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#life.abort();
    clearTimeout(this.#timer);
    await this.#looking.catch(() => undefined);
    await this.#watching;
    await Promise.all(this.tasks().map(async (task) => task.kill()));
    await this.#agent.stop();
    // Makes the Describe calls report that nothing runs; without an emulator there is nothing to report to.
    await this.#beginAnew().catch(() => undefined);
    await rm(join(this.#options.folder, 'tasks'), { recursive: true, force: true });
  }

  async #beginAnew(): Promise<void> {
    const { clients, sideDoor } = this.#options;
    await beginAnew(clients, sideDoor, this.#account, this.#options);
  }

  #again(afterMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void (this.#looking = this.#look()), afterMs);
  }

  async #look(): Promise<void> {
    this.#busy = true;
    this.#poked = false;
    try {
      const { toStart, toStop } = await this.#requests.look(this.tasks());
      for (const { task, reason } of toStop) task.stop(reason, 'UserInitiated');
      for (const task of toStart) await this.#single.start(task);
      this.#single.forgetStopped();
      await this.#scheduler.look();
    } catch (error) {
      if (!this.#stopped) this.#options.onFailure(error);
      return;
    } finally {
      this.#busy = false;
    }
    if (!this.#stopped) this.#again(this.#poked ? POKE_MS : LOOK_EVERY_MS);
  }

  /** Logs and metrics every second, scaling once a period. */
  async #watchOn(): Promise<void> {
    let nextScalingMs = Date.now() + this.#metricPeriodMs;
    while (!this.#stopped) {
      await Promise.race([Bun.sleep(FLUSH_EVERY_MS), untilAborted(this.#life.signal)]);
      if (this.#stopped) return;
      try {
        await this.#watch.flush(this.tasks());
        if (Date.now() < nextScalingMs) continue;
        nextScalingMs = Date.now() + this.#metricPeriodMs;
        await this.#autoscaler.look();
        this.poke();
      } catch (error) {
        if (!this.#stopped) this.#options.onFailure(error);
        return;
      }
    }
  }

  async #start(deployment: WantedDeployment, wanted: WantedService): Promise<RunningTask> {
    this.#targetGroupArn = wanted.targetGroupArn;
    const plan = await this.#account.plan(deployment.taskDefinition);
    const id = randomUUID().replaceAll('-', '');
    const { subnetId, zone } = await this.#emptiestZone(wanted.subnetIds);
    const { port } = plan.container;
    const { groupIds, publicAddress } = wanted;
    return this.#run({
      id,
      plan,
      deploymentId: deployment.id,
      group: `service:${this.#options.service}`,
      startedBy: deployment.id,
      ...(await this.#network.join({ id, port, subnetId, groupIds, publicAddress })),
      subnetId,
      zone,
      balanced: wanted.targetGroupArn !== undefined,
    });
  }

  #run(settings: TaskSettings): RunningTask {
    const { id, plan, address, zone } = settings;
    const { cluster } = this.#options;
    this.#known.set(id, { id, arn: taskArn(plan, cluster, id), cluster, plan, address, zone });
    return new RunningTask(settings, this.#world());
  }

  async #as(roleArn: string | undefined, taskId: string): Promise<AwsClients> {
    const { clients, asRole } = this.#options;
    return asRole && roleArn ? asRole(roleArn, taskId) : clients;
  }

  #world(): TaskWorld {
    const { folder, pace, pull, addedVariables, emit, onLine } = this.#options;
    return {
      now: Date.now,
      pace,
      pull,
      openLog: async (id, plan) =>
        this.#watch.open(id, plan, (await this.#as(plan.executionRoleArn, id)).logs),
      readSecrets: async (id, plan) => readSecrets((await this.#as(plan.executionRoleArn, id)).secrets, plan),
      addedVariables: ({ id, address }) => ({ ...this.#agent.variables(id), ...addedVariables(address) }),
      report: async (id, report) => this.#report(id, report),
      register: async (address, port) => {
        const group = this.#targetGroupArn;
        if (!this.#stopped && group) await this.#account.register(group, address, port);
      },
      deregister: async (address) => {
        // At the end all are dropped at once.
        const group = this.#targetGroupArn;
        if (!this.#stopped && group) await this.#account.deregister(group, [address]);
      },
      drained: async (address) => this.#drained(address),
      emit,
      onFailure: this.#options.onFailure,
      onLine: (task, line) => {
        this.#watch.line(task, line);
        onLine(task, line);
      },
      changed: () => this.poke(),
      taskFolder: (id) => join(folder, 'tasks', id),
      logPath: (id) => join(folder, 'logs', `task-${id}.log`),
      leave: async (id) => this.#network.leave(id),
    };
  }

  /** Reports of one task, in order; a report that the emulator refuses is no reason to stop. */
  async #report(id: string, report: TaskReport): Promise<void> {
    const { sideDoor, cluster } = this.#options;
    const before = this.#reports.get(id) ?? Promise.resolve();
    const next = before.then(async () => {
      if (!this.#stopped) await sideDoor.reportTask(cluster, id, report);
    });
    this.#reports.set(
      id,
      next.catch((error: unknown) => void this.#options.onFailure(error)),
    );
    await this.#reports.get(id);
  }

  async #drained(address: string): Promise<void> {
    for (;;) {
      if (this.#stopped || !this.#targetGroupArn) return;
      const states = await this.#account.targetStates(this.#targetGroupArn);
      if (states.get(address) !== 'draining') return;
      await Bun.sleep(DRAIN_LOOK_MS);
    }
  }

  /** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html */
  async #emptiestZone(subnetIds: readonly string[]): Promise<{ subnetId: string; zone: string }> {
    const inZone = (zone: string): number =>
      this.tasks().filter(({ settings, phase }) => settings.zone === zone && phase !== 'stopping').length;
    const zones = await this.#account.zones(subnetIds);
    const [subnetId = '', zone = ''] =
      [...zones]
        .toSorted(([, a], [, b]) => a.localeCompare(b))
        .toSorted(([, a], [, b]) => inZone(a) - inZone(b))[0] ?? [];
    return { subnetId, zone };
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
