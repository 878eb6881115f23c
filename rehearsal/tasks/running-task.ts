import { rm, mkdir } from 'node:fs/promises';
import type { TaskReport } from '../emulator/side-door.ts';
import { ContainerHealth } from './container-health.ts';
import type { Container, ContainerEnd } from './container.ts';
import type { PullImage } from './image.ts';
import type { Pace } from './pace.ts';
import type { TaskPlan } from './task-definition.ts';
import type { TaskEvent } from './task-event.ts';
import { taskReport, type TaskFacts } from './task-report.ts';
import type { TaskSettings } from './task-settings.ts';

const TAIL_LINES = 20;

/** A task's dependencies; the runner provides them, tests use their own. */
export interface TaskWorld {
  now: () => number;
  pace: Pace;
  pull: PullImage;
  /** Creates the container's log stream; rejects with ECS's message. */
  openLog: (id: string, plan: TaskPlan) => Promise<void>;
  /** Values of the container's secrets; rejects with ECS's message. */
  readSecrets: (taskId: string, plan: TaskPlan) => Promise<Record<string, string>>;
  /** Variables that ECS and the rehearsal add to the environment. */
  addedVariables: (task: { id: string; address: string; plan: TaskPlan }) => Record<string, string>;
  /** Reports to the emulator, in the order of the calls. */
  report: (id: string, report: TaskReport) => Promise<void>;
  register: (address: string, port: number) => Promise<void>;
  deregister: (address: string) => Promise<void>;
  /** Resolves when the load balancer has released the target: nothing in flight, or the delay is over. */
  drained: (address: string) => Promise<void>;
  emit: (event: TaskEvent) => void;
  /** Called when the account no longer answers. */
  onFailure: (error: unknown) => unknown;
  /** Called for each line that the container writes. */
  onLine: (task: RunningTask, line: string) => void;
  /** Called when the scheduler should run again. */
  changed: () => void;
  taskFolder: (id: string) => string;
  logPath: (id: string) => string;
  /** The task has ended: its network goes. */
  leave: (id: string) => Promise<void>;
}

export type TaskPhase = 'starting' | 'running' | 'stopping' | 'stopped';

/**
 * One task from its provisioning to its end, in ECS's documented order: secrets and image, the container, the target
 * group, checks; then deregistration and draining, SIGTERM, the stop timeout, SIGKILL.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
 */
export class RunningTask {
  readonly settings: TaskSettings;
  phase: TaskPhase = 'starting';
  /** When the container ran and was registered; undefined before that. */
  runningMs: number | undefined;
  /** Whether it was ever healthy, by its own check and the load balancer's. */
  wasHealthy = false;
  /** The scheduler stopped it, so its end is no failure. */
  stoppedByScheduler = false;
  readonly createdMs: number;
  /** The last lines that the container wrote. */
  readonly tail: string[] = [];
  readonly done: Promise<void>;
  readonly #world: TaskWorld;
  readonly #facts: TaskFacts;
  #container: Container | undefined;
  #health: ContainerHealth | undefined;
  #stop: { reason: string; code: string } | undefined;
  #killed = false;
  /** It was put into the target group; one that is stopped before never is. */
  #isTarget = false;
  readonly #stopAsked = Promise.withResolvers<void>();

  constructor(settings: TaskSettings, world: TaskWorld) {
    this.settings = settings;
    this.#world = world;
    this.createdMs = world.now();
    this.#facts = { lastStatus: 'PROVISIONING', desiredStatus: 'RUNNING', healthStatus: 'UNKNOWN' };
    this.done = this.#live().catch((error: unknown) => void world.onFailure(error));
  }

  get id(): string {
    return this.settings.id;
  }

  get pid(): number | undefined {
    return this.#container?.pid;
  }

  get containerHealth(): ContainerHealth['status'] | 'NONE' {
    return this.settings.plan.container.healthCheck ? (this.#health?.status ?? 'UNKNOWN') : 'NONE';
  }

  get stoppedReason(): string | undefined {
    return this.#facts.stoppedReason;
  }

  /** Stops it in the documented order; the first call's reason counts. */
  stop(reason: string, code = 'ServiceSchedulerInitiated'): void {
    if (this.#stop || this.phase === 'stopped') return;
    this.#stop = { reason, code };
    this.#facts.desiredStatus = 'STOPPED';
    this.phase = 'stopping';
    this.#stopAsked.resolve();
  }

  /** Ends it at once, without draining, because the rehearsal itself is over. */
  async kill(): Promise<void> {
    this.#killed = true;
    this.stop('The rehearsal ended', 'UserInitiated');
    this.#container?.signal('SIGKILL');
    await this.done;
  }

  async #live(): Promise<void> {
    const { plan } = this.settings;
    await this.#to('provisioning', 'PROVISIONING');
    await this.#to(undefined, 'PENDING', { pullStartedAt: this.#seconds() });
    let container: Container;
    try {
      container = await this.#startContainer();
    } catch (error) {
      return this.#stopped(error instanceof Error ? error.message : String(error), 'TaskFailedToStart');
    }
    this.#container = container;
    if (this.#stop) container.signal('SIGKILL');
    await this.#to('started', 'ACTIVATING', { pullStoppedAt: this.#seconds() });
    const { address, balanced } = this.settings;
    if (balanced && !this.#stop) {
      this.#isTarget = true;
      await this.#world.register(address, plan.container.port);
      this.#emit('registered');
    }
    if (!this.#stop) {
      this.phase = 'running';
      this.runningMs = this.#world.now();
      await this.#to('running', 'RUNNING', { startedAt: this.#seconds() });
      void this.#checkHealth(container);
    }
    const end = await Promise.race([container.ended, this.#stopAsked.promise.then(() => undefined)]);
    await (end ? this.#afterItsOwnEnd(end) : this.#stopInOrder(container));
  }

  async #startContainer(): Promise<Container> {
    const { id, plan, address, namespace, command, environment } = this.settings;
    const world = this.#world;
    const secrets = await world.readSecrets(this.id, plan);
    await world.openLog(id, plan);
    const image = await world.pull(plan.container);
    const folder = world.taskFolder(id);
    await mkdir(folder, { recursive: true });
    return image.start({
      name: `${plan.container.name} of task ${id}`,
      command: command ?? plan.container.command,
      env: {
        ...plan.container.environment,
        ...secrets,
        ...environment,
        ...world.addedVariables({ id, address, plan }),
      },
      address,
      port: plan.container.port,
      ...(namespace ? { namespace } : {}),
      memoryMb: plan.memoryMb,
      limits: plan.container.limits,
      folder,
      logPath: world.logPath(id),
      onLine: (line) => {
        this.tail.push(line);
        if (this.tail.length > TAIL_LINES) this.tail.shift();
        world.onLine(this, line);
      },
    });
  }

  async #checkHealth(container: Container): Promise<void> {
    const check = this.settings.plan.container.healthCheck;
    if (!check) return;
    const { pace, now } = this.#world;
    const health = new ContainerHealth(check, now() + pace.grace(check.startPeriodS));
    this.#health = health;
    const everyMs = Math.max(pace.interval(check.intervalS), container.leastCheckIntervalMs ?? 0);
    while (this.phase === 'running') {
      await Promise.race([Bun.sleep(everyMs), this.#stopAsked.promise, container.ended]);
      if (this.phase !== 'running') return;
      const passed = await container.check(check.command, check.shell, check.timeoutS * 1000);
      if (this.phase !== 'running' || !health.take(passed, now())) continue;
      this.#facts.healthStatus = health.status;
      await this.#report();
      this.#world.changed();
    }
  }

  /** When an essential container ends, so does its task. */
  async #afterItsOwnEnd({ exitCode, reason }: ContainerEnd): Promise<void> {
    this.phase = 'stopping';
    this.#facts.exitCode = exitCode;
    this.#world.changed();
    await this.#deregister();
    await this.#released();
    await this.#stopped(reason ?? 'Essential container in task exited', 'EssentialContainerExited', exitCode);
  }

  async #stopInOrder(container: Container): Promise<void> {
    const { plan, address } = this.settings;
    const world = this.#world;
    await this.#to(undefined, 'DEACTIVATING', { stoppingAt: this.#seconds() });
    world.changed();
    let gone: ContainerEnd | undefined;
    void container.ended.then((end) => (gone = end));
    if (this.#isTarget && !this.#killed) {
      const beganMs = world.now();
      await this.#deregister();
      this.#emit('draining');
      await Promise.race([world.drained(address), container.ended]);
      this.#emit('drained', `after ${((world.now() - beganMs) / 1000).toFixed(1)} s`);
    }
    await this.#to(undefined, 'STOPPING');
    if (!gone && !this.#killed) {
      this.#emit('sigterm');
      container.signal('SIGTERM');
    }
    const timer = setTimeout(() => {
      this.#emit('sigkill', `${plan.container.stopTimeoutS} s after SIGTERM`);
      container.signal('SIGKILL');
    }, plan.container.stopTimeoutS * 1000);
    const { exitCode } = await container.ended;
    clearTimeout(timer);
    this.#facts.exitCode = exitCode;
    await this.#released();
    await this.#stopped(this.#stop?.reason ?? '', this.#stop?.code ?? '', exitCode);
  }

  async #deregister(): Promise<void> {
    if (this.#isTarget) await this.#world.deregister(this.settings.address);
  }

  /** Waits for the load balancer: a request to an address that is gone would hang, instead of being refused at once. */
  async #released(): Promise<void> {
    if (this.#isTarget && !this.#killed) await this.#world.drained(this.settings.address);
    await this.#to(undefined, 'DEPROVISIONING');
  }

  async #stopped(reason: string, code: string, exitCode?: number): Promise<void> {
    this.phase = 'stopped';
    Object.assign(this.#facts, { desiredStatus: 'STOPPED', stoppedReason: reason, stopCode: code });
    await this.#to(
      'stopped',
      'STOPPED',
      { stoppedAt: this.#seconds() },
      exitCode === undefined ? reason : `${reason} (exit code ${exitCode})`,
    );
    await this.#world.leave(this.id);
    await rm(this.#world.taskFolder(this.id), { recursive: true, force: true });
    this.#world.changed();
  }

  async #to(
    event: TaskEvent['what'] | undefined,
    lastStatus: string,
    facts: Partial<TaskFacts> = {},
    detail?: string,
  ): Promise<void> {
    Object.assign(this.#facts, facts, { lastStatus });
    if (event) this.#emit(event, detail);
    await this.#report();
  }

  async #report(): Promise<void> {
    await this.#world.report(this.id, taskReport(this.settings, this.#facts));
  }

  #emit(what: TaskEvent['what'], detail?: string): void {
    const { id, deploymentId, plan, address } = this.settings;
    this.#world.emit({
      atMs: this.#world.now(),
      what,
      taskId: id,
      deploymentId,
      taskDefinition: plan.name,
      address,
      ...(detail ? { detail } : {}),
    });
  }

  #seconds(): number {
    return this.#world.now() / 1000;
  }
}
