import { singleProbes } from '@lornu/rehearsal/conformance/scenes/single-probes.ts';
import { startRehearsalWorld } from '@lornu/rehearsal/conformance/target-rehearsal.ts';
import { expect, setDefaultTimeout, test } from 'bun:test';
import { startContext, startWorld } from '../conformance/kit.ts';
import { expectFound, told } from './told.ts';
import { SLOW_WRONG_BALANCERS } from './slow-wrong-balancers.ts';
import { WRONG_ECS } from './wrong-ecs.ts';

setDefaultTimeout(600_000);

test.each(SLOW_WRONG_BALANCERS.map((wrong) => [wrong.name, wrong] as const))(
  'the checks find a wrong load balancer: %s',
  async (_name, wrong) => {
    const world = await startWorld();
    try {
      await world.scene(singleProbes);
      await expectFound(world, wrong);
    } finally {
      await world.end();
    }
  },
);

test.each(WRONG_ECS.map((wrong) => [wrong.name, wrong] as const))(
  'the checks find a wrong ECS: %s',
  async (_name, wrong) => {
    const broken = wrong.break?.();
    try {
      const world = await startRehearsalWorld(await startContext(), () => {}, {
        limitMs: 120_000,
        ...wrong.world,
      });
      try {
        expect((await told(world, wrong.tells)).toSorted()).toEqual(wrong.tells.toSorted());
      } finally {
        await world.end();
      }
    } finally {
      broken?.mockRestore();
    }
  },
);
