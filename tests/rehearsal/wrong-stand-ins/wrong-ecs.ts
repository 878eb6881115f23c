import type { Task } from '@aws-sdk/client-ecs';
import type { Clients } from '@lornu/rehearsal/conformance/clients.ts';
import type { RehearsalChange } from '@lornu/rehearsal/conformance/target-rehearsal.ts';
import { EcsAccount } from '@lornu/rehearsal/tasks/account.ts';
import { DeploymentCircuitBreaker } from '@lornu/rehearsal/tasks/circuit-breaker.ts';
import type { ContainerOptions } from '@lornu/rehearsal/tasks/container.ts';
import { DeploymentAlarms } from '@lornu/rehearsal/tasks/deployment-alarms.ts';
import type { RunnableImage } from '@lornu/rehearsal/tasks/image.ts';
import type { TargetState } from '@lornu/rehearsal/tasks/task-health.ts';
import { spyOn } from 'bun:test';
import { ids } from './wrong-balancers.ts';

/** An ECS that is wrong on purpose, and the ids of the checks that have to fail. */
export interface WrongEcs {
  name: string;
  /** Makes ECS wrong. The returned object restores it. */
  break?: () => { mockRestore: () => void };
  world?: RehearsalChange;
  tells: readonly string[];
}

/** The image with other settings, or with a container that behaves differently. */
const image =
  (change: (options: ContainerOptions) => ContainerOptions, killed = false) =>
  (known: RunnableImage): RunnableImage => ({
    ...known,
    start: async (options) => {
      const container = await known.start(change(options));
      return killed ? { ...container, signal: () => container.signal('SIGKILL') } : container;
    },
  });

/** Changes what ECS answers to calls about tasks. */
const misreported =
  (change: (output: { tasks?: Task[] }) => void) =>
  ({ ecs }: Clients): void =>
    ecs.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        if ('tasks' in result.output) change(result.output);
        return result;
      },
      { step: 'initialize', name: 'misreported' },
    );

export const WRONG_ECS: readonly WrongEcs[] = [
  {
    name: 'the circuit breaker never fires',
    break: () => spyOn(DeploymentCircuitBreaker.prototype, 'isOpen').mockReturnValue(false),
    tells: ['breaker.failed', 'breaker.first'],
  },
  {
    name: 'the circuit breaker fires one failure too early',
    break: () =>
      spyOn(DeploymentCircuitBreaker.prototype, 'isOpen').mockImplementation(function isOpen(
        this: DeploymentCircuitBreaker,
      ) {
        return this.failures >= 2;
      }),
    tells: ['breaker.threshold'],
  },
  {
    name: 'protection is ignored',
    break: () => spyOn(EcsAccount.prototype, 'protectedTasks').mockResolvedValue(new Set()),
    tells: ['protection.deployment', 'protection.waits'],
  },
  {
    name: 'stopping kills at once',
    world: { change: image((options) => options, true) },
    tells: ['stop.sigterm', 'stop.graceful', 'stop.not-before'],
  },
  {
    name: 'tasks are stopped before their targets have drained',
    break: () => {
      // oxlint-disable-next-line typescript/unbound-method -- it is called with its object below
      const known = EcsAccount.prototype.targetStates;
      return spyOn(EcsAccount.prototype, 'targetStates').mockImplementation(async function states(
        this: EcsAccount,
        arn: string,
      ) {
        const all = await known.call(this, arn);
        return new Map<string, TargetState>([...all].filter(([, state]) => state !== 'draining'));
      });
    },
    tells: ['deployment.streams'],
  },
  {
    name: 'alarms are not watched',
    break: () => spyOn(DeploymentAlarms.prototype, 'look').mockReturnValue({ fired: [], bakeMs: 0 }),
    tells: ['bake.bakes', 'bake.fails', 'bake.back'],
  },
  {
    name: 'secrets are given whole, and as they were at the first start',
    world: {
      change: image((options) => ({
        ...options,
        env: {
          ...options.env,
          ...(options.env['WHOLE'] ? { KEY: options.env['WHOLE'], PLAIN: 'plain first' } : {}),
        },
      })),
    },
    tells: ['secrets.key', 'secrets.next-task'],
  },
  {
    name: 'nothing is reported about the end of a task',
    world: {
      misreport: misreported(({ tasks = [] }) => {
        for (const task of tasks) {
          delete task.stopCode;
          delete task.stoppedReason;
          delete task.group;
          for (const container of task.containers ?? []) delete container.exitCode;
        }
      }),
    },
    tells: ids('stop', 'graceful code reason killed own-code own-stop-code group no-image no-log-group'),
  },
];
