import { CHECKS } from '@lornu/rehearsal/conformance/checks/all.ts';
import { judge, observe, type Recorded } from '@lornu/rehearsal/conformance/run-checks.ts';
import { singleProbes } from '@lornu/rehearsal/conformance/scenes/single-probes.ts';
import { askGroup } from '@lornu/rehearsal/conformance/seeing.ts';
import type { RehearsalWorld } from '@lornu/rehearsal/conformance/target-rehearsal.ts';
import { expect } from 'bun:test';
import type { World } from '@lornu/rehearsal/conformance/world.ts';
import type { WrongBalancer } from './wrong-balancers.ts';

/** Runs the checks with these ids, and returns the ids of those that fail in this world. */
export async function told(
  world: World,
  ids: readonly string[],
  recorded: Recorded = new Map(),
): Promise<string[]> {
  const checks = CHECKS.filter(({ id }) => ids.includes(id));
  const seen = await observe(world, checks, new AbortController().signal, () => {});
  return seen.flatMap((observation) => {
    const check = checks.find(({ id }) => id === observation.id);
    const verdict = check && judge(check, observation, recorded).verdict;
    return verdict === 'differs' || verdict === 'failed' ? [observation.id] : [];
  });
}

/** Replaces the load balancer by a changed one, and returns its world. */
export async function rebalance(
  world: RehearsalWorld,
  { change = (balancer) => balancer, rewrite }: Pick<WrongBalancer, 'change' | 'rewrite'>,
): Promise<World> {
  await world.scene(singleProbes);
  await world.standIns.rebalance(change, rewrite);
  const other = world.fresh(singleProbes);
  // Waits until both probes are healthy behind it, with a limit, because some wrong load balancers forward no request.
  for (let tries = 0; tries < 40; tries += 1) {
    const [one, two] = await Promise.all([
      askGroup(other, 'steady', '/alive'),
      askGroup(other, 'second', '/alive'),
    ]);
    if (one.status === 200 && two.status === 200) break;
    await Bun.sleep(100);
  }
  return other;
}

/** Asserts that exactly the checks that have to find the wrong load balancer fail. */
export async function expectFound(world: RehearsalWorld, wrong: WrongBalancer): Promise<void> {
  expect((await told(await rebalance(world, wrong), wrong.tells)).toSorted()).toEqual(wrong.tells.toSorted());
}
