import type { SideDoor } from '../emulator/side-door.ts';
import { DeploymentAlarms, type SeenAlarm } from './deployment-alarms.ts';
import { planChanges, type ScheduledTask, rollingLimits } from './plan-changes.ts';
import type { WantedDeployment, WantedService } from './read-service.ts';
import { Rollout, type DeploymentCounts } from './rollout.ts';
import type { RunningTask } from './running-task.ts';
import { StartThrottle } from './start-throttle.ts';
import { taskHealth, type TargetState } from './task-health.ts';
import type { Pace } from './pace.ts';

export interface SchedulerWorld {
  now: () => number;
  pace: Pace;
  cluster: string;
  service: string;
  read: () => Promise<WantedService | undefined>;
  targetStates: (targetGroupArn: string) => Promise<ReadonlyMap<string, TargetState>>;
  /** Those of these tasks that may not be stopped now. */
  protectedTasks: (ids: readonly string[]) => Promise<ReadonlySet<string>>;
  alarms: (names: readonly string[]) => Promise<readonly SeenAlarm[]>;
  startTask: (deployment: WantedDeployment, wanted: WantedService) => Promise<RunningTask>;
  reportService: SideDoor['reportService'];
  say: (message: string) => void;
  onHealth: (task: RunningTask, health: ScheduledTask['health']) => void;
}

/**
 * Keeps a service in its desired state (DescribeServices): each pass reads the desired and the actual state, starts and
 * stops tasks, advances deployments, and reports.
 */
export class ServiceScheduler {
  readonly tasks = new Set<RunningTask>();
  readonly #world: SchedulerWorld;
  readonly #rollout = new Rollout();
  readonly #alarms = new DeploymentAlarms();
  readonly #health = new Map<string, ScheduledTask['health']>();
  /** Tasks whose failure has been counted. */
  readonly #counted = new Set<string>();
  readonly #throttle: StartThrottle;
  /** The deployment that the throttle counts for. */
  #throttled = '';
  #reported = '';
  #steady = false;

  constructor(world: SchedulerWorld) {
    this.#world = world;
    this.#throttle = new StartThrottle(world.pace.interval);
  }

  async look(): Promise<void> {
    const wanted = await this.#world.read();
    const primary = wanted?.deployments[0];
    if (!wanted?.active || !primary) {
      for (const task of this.tasks) task.stop('The service was deleted');
      return;
    }
    const states = wanted.targetGroupArn ? await this.#world.targetStates(wanted.targetGroupArn) : new Map();
    this.#judge(wanted, states);
    this.#countFailures(primary);
    const current = await this.#moveOn(wanted, primary);
    if (!current) return;
    if (current.rolloutState !== 'FAILED') await this.#change(wanted, current);
    await this.#report(wanted, wanted.deployments);
  }

  #judge(wanted: WantedService, states: ReadonlyMap<string, TargetState>): void {
    const { now, pace } = this.#world;
    for (const task of this.tasks) {
      if (task.phase === 'stopped') continue;
      const health = taskHealth({
        runningMs: task.runningMs,
        container: task.containerHealth,
        target: states.get(task.settings.address),
        balanced: task.settings.balanced,
        graceMs: task.wasHealthy ? 0 : pace.grace(wanted.gracePeriodS),
        nowMs: now(),
      });
      if (health !== (this.#health.get(task.id) ?? 'pending') && task.phase === 'running') {
        this.#world.onHealth(task, health);
      }
      this.#health.set(task.id, health);
      if (health === 'healthy' && !task.wasHealthy) {
        task.wasHealthy = true;
        this.#throttle.reset();
        if (task.settings.deploymentId) this.#rollout.breaker(task.settings.deploymentId).taskHealthy();
      }
    }
  }

  /** A task of the new deployment that never got healthy and stopped, or must be replaced. */
  #countFailures(primary: WantedDeployment): void {
    for (const task of this.tasks) {
      if (this.#counted.has(task.id) || task.settings.deploymentId !== primary.id) continue;
      const ended = task.phase === 'stopped' && !task.wasHealthy && !task.stoppedByScheduler;
      if (ended || (task.phase === 'running' && this.#health.get(task.id) === 'unhealthy')) {
        this.#counted.add(task.id);
        this.#rollout.breaker(primary.id).taskFailed();
        primary.failedTasks += 1;
        this.#steady = false;
        if (ended && this.#throttle.failed(this.#world.now())) {
          this.#say('is unable to consistently start tasks successfully.');
        }
        if (ended) this.#say(`(task ${task.id}) stopped: ${task.stoppedReason ?? 'it ended'}`);
      }
    }
    for (const task of this.tasks) {
      if (task.phase === 'stopped') {
        this.tasks.delete(task);
        this.#health.delete(task.id);
      }
    }
  }

  /** The deployment that is wanted from now on; undefined if the service was changed meanwhile. */
  async #moveOn(wanted: WantedService, primary: WantedDeployment): Promise<WantedDeployment | undefined> {
    const counts = this.#counts(primary.id);
    const others = [...this.tasks].filter(({ settings }) => settings.deploymentId !== primary.id).length;
    const step = this.#rollout.next(primary, {
      desired: wanted.desiredCount,
      counts,
      othersAlive: others,
      circuitBreaker: wanted.circuitBreaker,
      alarms: await this.#lookAtAlarms(wanted, primary, counts.running),
      nowMs: this.#world.now(),
    });
    if (step.kind === 'completed') {
      primary.rolloutState = 'COMPLETED';
      primary.rolloutStateReason = `ECS deployment ${primary.id} completed.`;
      this.#say(`(deployment ${primary.id}) deployment completed.`);
    }
    if (step.kind !== 'failed') return primary;
    primary.rolloutState = 'FAILED';
    const { by } = step;
    const why = by === 'alarms' ? 'alarm detected' : 'tasks failed to start';
    primary.rolloutStateReason = `ECS deployment ${by}: ${why}.`;
    this.#say(`(deployment ${primary.id}) deployment failed: ${why}.`);
    const back = step.rollBackTo;
    if (!back) return primary;
    this.#say(`rolling back to deployment ${back.id}.`);
    const known = wanted.deployments.find(({ id }) => id === back.id);
    const returned: WantedDeployment = {
      failedTasks: 0,
      ...known,
      ...back,
      status: 'PRIMARY',
      rolloutState: 'IN_PROGRESS',
      rolloutStateReason: `ECS deployment ${by}: rolling back to deploymentId ${back.id}.`,
    };
    wanted.deployments = [returned, ...wanted.deployments.filter(({ id }) => id !== back.id)];
    for (const deployment of wanted.deployments.slice(1)) deployment.status = 'ACTIVE';
    const took = await this.#report(wanted, wanted.deployments, primary.id);
    return took ? returned : undefined;
  }

  /** Only polled during a deployment. */
  async #lookAtAlarms({ alarms }: WantedService, { id, rolloutState }: WantedDeployment, running: number) {
    if (!alarms?.enable || rolloutState !== 'IN_PROGRESS') return undefined;
    const seen = await this.#world.alarms(alarms.names);
    return { ...alarms, ...this.#alarms.look(id, running, seen, this.#world.pace.alarm) };
  }

  async #change(wanted: WantedService, primary: WantedDeployment): Promise<void> {
    const live = [...this.tasks].filter(({ phase }) => phase === 'starting' || phase === 'running');
    const isProtected = await this.#world.protectedTasks(live.map(({ id }) => id));
    const tasks = live.map((task): ScheduledTask => ({
      id: task.id,
      primary: task.settings.deploymentId === primary.id,
      health: this.#health.get(task.id) ?? 'pending',
      protected: isProtected.has(task.id),
      zone: task.settings.zone,
      startedMs: task.createdMs,
    }));
    if (this.#throttled !== primary.id) this.#throttle.reset();
    this.#throttled = primary.id;
    const { start: missing, stop } = planChanges(
      wanted.desiredCount,
      tasks,
      rollingLimits(wanted.desiredCount, wanted),
    );
    const start = this.#throttle.mayStart(this.#world.now()) ? missing : 0;
    for (const task of live.filter(({ id }) => stop.includes(id))) {
      const unhealthy = this.#health.get(task.id) === 'unhealthy';
      task.stop(
        unhealthy ? 'Task failed health checks' : `Scaling activity initiated by (deployment ${primary.id})`,
      );
      if (!unhealthy) task.stoppedByScheduler = true;
    }
    if (stop.length > 0) this.#say(`has stopped ${stop.length} running tasks: ${list(stop)}.`);
    const started: RunningTask[] = [];
    for (let n = 0; n < start; n += 1) {
      // Each looks at the zones of those before it.
      const task = await this.#world.startTask(primary, wanted);
      this.tasks.add(task);
      started.push(task);
    }
    if (start > 0) this.#say(`has started ${start} tasks: ${list(started.map(({ id }) => id))}.`);
    this.#sayWhenSteady(wanted, primary, start + stop.length > 0);
  }

  #sayWhenSteady(wanted: WantedService, primary: WantedDeployment, changed: boolean): void {
    const steady =
      !changed &&
      primary.rolloutState === 'COMPLETED' &&
      this.#counts(primary.id).healthy === wanted.desiredCount &&
      this.tasks.size === wanted.desiredCount;
    if (steady && !this.#steady) this.#say('has reached a steady state.');
    this.#steady = steady;
  }

  #counts(deploymentId: string): DeploymentCounts {
    const own = [...this.tasks].filter(({ settings }) => settings.deploymentId === deploymentId);
    return {
      // A stopping task still counts as running, as in DescribeServices.
      running: own.filter(({ runningMs, phase }) => runningMs !== undefined && phase !== 'stopped').length,
      pending: own.filter(({ phase }) => phase === 'starting').length,
      alive: own.length,
      healthy: own.filter(({ id, phase }) => phase === 'running' && this.#health.get(id) === 'healthy')
        .length,
    };
  }

  /** Reports changes to the emulator; false if the service has another primary deployment by now. */
  async #report(
    wanted: WantedService,
    deployments: readonly WantedDeployment[],
    expectedPrimary = deployments[0]?.id,
  ): Promise<boolean> {
    const shown = deployments.filter(({ id }, index) => index === 0 || this.#counts(id).alive > 0);
    const events = this.#events.splice(0);
    const report = {
      runningCount: sum(deployments.map(({ id }) => this.#counts(id).running)),
      pendingCount: sum(deployments.map(({ id }) => this.#counts(id).pending)),
      taskDefinition: deployments[0]?.taskDefinition ?? '',
      deployments: shown.map((deployment) => ({
        ...deployment,
        desiredCount: deployment.status === 'PRIMARY' ? wanted.desiredCount : 0,
        runningCount: this.#counts(deployment.id).running,
        pendingCount: this.#counts(deployment.id).pending,
      })),
    };
    const text = JSON.stringify(report);
    if (text === this.#reported && events.length === 0) return true;
    const { cluster, service } = this.#world;
    const taken = await this.#world.reportService(cluster, service, { ...report, events, expectedPrimary });
    // If another change came first, the next poll reads it.
    this.#reported = taken ? text : '';
    return taken;
  }

  readonly #events: { id: string; message: string }[] = [];

  #say(text: string): void {
    const message = `(service ${this.#world.service}) ${text}`;
    this.#events.push({ id: crypto.randomUUID(), message });
    this.#world.say(message);
  }
}

function list(ids: readonly string[]): string {
  return ids.map((id) => `(task ${id})`).join(' ');
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
