import { singleProbes } from '@lornu/rehearsal/conformance/scenes/single-probes.ts';
import type { RehearsalWorld } from '@lornu/rehearsal/conformance/target-rehearsal.ts';
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { startWorld } from '../conformance/kit.ts';
import { toldOf } from './told.ts';
import { WRONG_BALANCERS } from './wrong-balancers.ts';

setDefaultTimeout(240_000);

let world: RehearsalWorld | undefined;
beforeAll(async () => {
  world = await startWorld();
  await world.scene(singleProbes);
}, 240_000);
afterAll(async () => world?.end());

test.each(WRONG_BALANCERS.map((wrong) => [wrong.name, wrong] as const))(
  'the checks find a wrong load balancer: %s',
  async (_name, wrong) => {
    if (!world) throw new Error('there is no world');
    expect((await toldOf(world, wrong)).toSorted()).toEqual(wrong.tells.toSorted());
  },
);
