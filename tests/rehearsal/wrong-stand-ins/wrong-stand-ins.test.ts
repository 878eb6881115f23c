import { singleProbes } from '@lornu/rehearsal/conformance/scenes/single-probes.ts';
import { startRehearsalWorld, type RehearsalChange } from '@lornu/rehearsal/conformance/target-rehearsal.ts';
import { EcsAccount } from '@lornu/rehearsal/tasks/account.ts';
import { DeploymentCircuitBreaker } from '@lornu/rehearsal/tasks/circuit-breaker.ts';
import type { ContainerOptions } from '@lornu/rehearsal/tasks/container.ts';
import { DeploymentAlarms } from '@lornu/rehearsal/tasks/deployment-alarms.ts';
import type { RunnableImage } from '@lornu/rehearsal/tasks/image.ts';
import type { TargetState } from '@lornu/rehearsal/tasks/task-health.ts';
import { expect, setDefaultTimeout, spyOn, test } from 'bun:test';
import { startContext, startWorld } from '../conformance/kit.ts';
import { told, toldOf } from './told.ts';
import { SLOW_WRONG_BALANCERS } from './slow-wrong-balancers.ts';

setDefaultTimeout(600_000);

test.each(SLOW_WRONG_BALANCERS.map((wrong) => [wrong.name, wrong] as const))(
  'the checks find a wrong load balancer: %s',
  async (_name, wrong) => {
    const world = await startWorld();
    try {
      await world.scene(singleProbes);
      expect((await toldOf(world, wrong)).toSorted()).toEqual(wrong.tells.toSorted());
    } finally {
      await world.end();
    }
  },
);

interface WrongEcs {
  name: string;
  /** Makes ECS wrong. The returned object restores it. */
  break: () => { mockRestore: () => void };
  change?: RehearsalChange['change'];
  tells: readonly string[];
}

const nothing = { mockRestore: () => {} };
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

const WRONG_ECS: readonly WrongEcs[] = [
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
    break: () => nothing,
    change: image((options) => options, true),
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
    break: () => nothing,
    change: image((options) => ({
      ...options,
      env: {
        ...options.env,
        ...(options.env['WHOLE'] ? { KEY: options.env['WHOLE'], PLAIN: 'plain first' } : {}),
      },
    })),
    tells: ['secrets.key', 'secrets.next-task'],
  },
];

test.each(WRONG_ECS.map((wrong) => [wrong.name, wrong] as const))(
  'the checks find a wrong ECS: %s',
  async (_name, wrong) => {
    const broken = wrong.break();
    try {
      const world = await startRehearsalWorld(await startContext(), () => {}, {
        limitMs: 120_000,
        ...(wrong.change ? { change: wrong.change } : {}),
      });
      try {
        expect((await told(world, wrong.tells)).toSorted()).toEqual(wrong.tells.toSorted());
      } finally {
        await world.end();
      }
    } finally {
      broken.mockRestore();
    }
  },
);
