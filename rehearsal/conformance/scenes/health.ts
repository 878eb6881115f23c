import type { TargetHealth } from '@aws-sdk/client-elastic-load-balancing-v2';
import { askGroup, checksOf, deregister, plan, register, targets, until, untilState } from '../seeing.ts';
import { HEALTH } from '../stack/balancer.ts';
import type { World } from '../world.ts';
import { singleProbes } from './single-probes.ts';

const PATH = '/health';
/** Each node of the load balancer makes its own checks. AWS has two nodes. */
const NODES = 2;

/**
 * The probes answer health checks by a plan. The first probe stays healthy until the end. Returns the states of the
 * second probe, and the probes that answered requests at that time.
 */
export async function healthScene(world: World) {
  const { one, two } = await world.scene(singleProbes);
  const tell = async (answers: readonly number[], how = {}): Promise<void> =>
    plan(world, 'second', PATH, answers, how);
  const become = async (state: string): Promise<TargetHealth> =>
    untilState(world, 'health', two.address, state);
  /** The probes that answer twelve requests. */
  const askMany = async (): Promise<string[]> => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, async () => askGroup(world, 'health', '/alive')),
    );
    return [...new Set(answers.map(({ headers }) => headers['x-probe'] ?? ''))].toSorted();
  };
  /** The states that are observed until the probe got `count` more checks. */
  const statesDuring = async (count: number): Promise<string[]> => {
    const seen = new Set<string>();
    await until(world, `checked ${count} times`, async () => {
      seen.add((await targets(world, 'health')).get(two.address)?.State ?? 'none');
      return (await checksOf(world, 'second', PATH)).length >= count * NODES;
    });
    return [...seen].toSorted();
  };
  const repeat = { repeat: true };
  world.say('health checks');
  await register(world, 'health', one.address);
  await untilState(world, 'health', one.address, 'healthy');

  await tell([503]);
  await register(world, 'health', two.address);
  const first = (await targets(world, 'health')).get(two.address) ?? {};
  const answeredBeforeFirst = await askMany();
  await deregister(world, 'health', two.address);
  await until(world, 'gone from health', async () => !(await targets(world, 'health')).has(two.address));

  await tell([200, 503], repeat);
  await register(world, 'health', two.address);
  const afterOnePass = await statesDuring(6);
  await tell([200]);
  await become('healthy');
  const answeredHealthy = await askMany();
  const checks = await checksOf(world, 'second', PATH);

  await tell([...Array<number>(HEALTH.unhealthy - 1).fill(503), 200], repeat);
  const belowUnhealthy = await statesDuring(HEALTH.unhealthy * 4);
  await tell([503]);
  const unhealthy = await become('unhealthy');
  const answeredUnhealthy = await askMany();
  await tell([...Array<number>(HEALTH.healthy - 1).fill(200), 503], repeat);
  const belowHealthy = await statesDuring(HEALTH.healthy * 3);
  await tell([200]);
  const recovered = (await become('healthy')).State ?? '';

  await tell([204]);
  const otherCode = await statesDuring(HEALTH.unhealthy * 3);
  await tell([302]);
  const wrongCode = await become('unhealthy');
  await plan(world, 'steady', PATH, [503]);
  await untilState(world, 'health', one.address, 'unhealthy');
  const allUnhealthy = (await askGroup(world, 'health', '/alive')).status;
  await plan(world, 'steady', PATH, [200]);
  await tell([200]);
  await become('healthy');
  await tell([200], { delayMs: HEALTH.timeoutS * 1000 + 1000 });
  const slow = await become('unhealthy');
  await deregister(world, 'health', two.address);
  await deregister(world, 'health', one.address);
  return {
    first,
    answeredBeforeFirst,
    afterOnePass,
    answeredHealthy,
    belowUnhealthy,
    unhealthy,
    answeredUnhealthy,
    belowHealthy,
    recovered,
    otherCode,
    wrongCode,
    slow,
    allUnhealthy,
    checks,
  };
}
