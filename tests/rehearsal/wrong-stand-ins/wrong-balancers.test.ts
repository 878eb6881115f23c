import { setDefaultTimeout, test } from 'bun:test';
import { worldOfProbes } from '../conformance/kit.ts';
import { expectFound } from './told.ts';
import { WRONG_BALANCERS } from './wrong-balancers.ts';

setDefaultTimeout(240_000);

const world = worldOfProbes();

test.each(WRONG_BALANCERS.map((wrong) => [wrong.name, wrong] as const))(
  'the checks find a wrong load balancer: %s',
  async (_name, wrong) => expectFound(world(), wrong),
);
