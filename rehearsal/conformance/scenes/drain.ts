import type { TargetHealth } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Answer } from '../ask.ts';
import { askGroup, deregister, plan, register, targets, until, untilState } from '../seeing.ts';
import { DRAIN_S } from '../stack/balancer.ts';
import type { World } from '../world.ts';
import { singleProbes } from './single-probes.ts';

const delayMs = DRAIN_S * 1000;
const STREAMS = 6;

/**
 * Deregisters the second probe from the group `drain`, with requests in progress that end before and after the delay.
 */
export async function drainScene(world: World) {
  const { one, two } = await world.scene(singleProbes);
  world.say('draining');
  for (const probe of ['steady', 'second'] as const) await plan(world, probe, '/health/drain', [200]);
  await register(world, 'drain', one.address);
  await register(world, 'drain', two.address);
  const healthy = async (address: string): Promise<TargetHealth> =>
    untilState(world, 'drain', address, 'healthy');
  await Promise.all([healthy(one.address), healthy(two.address)]);
  const stateOf = async (): Promise<TargetHealth> => (await targets(world, 'drain')).get(two.address) ?? {};
  /** Starts streams on both probes. Each probe must have some, so that there is something to drain. */
  const streams = async (ms: number, words = 9): Promise<() => Promise<Answer[]>> => {
    const path = `/x?everyMs=${ms / (words - 1)}&words=${words}`;
    const asked = Promise.all(Array.from({ length: STREAMS }, async () => askGroup(world, 'drain', path)));
    // The requests have to reach the targets before one target is deregistered.
    await Bun.sleep(Math.min(500, ms / 8));
    return async () => asked;
  };
  const ofTwo = (answers: readonly Answer[]): Answer[] => {
    const own = answers.filter(({ headers }) => headers['x-probe'] === 'two');
    if (own.length === 0) throw new Error('no request went to the target that drains');
    return own;
  };

  const short = await streams(delayMs * 0.75);
  await deregister(world, 'drain', two.address);
  const draining = await until(world, 'draining', async () => {
    const health = await stateOf();
    return health.State === 'draining' && health;
  });
  // The load balancer needs a moment to notice the change; the streams take longer.
  const heardMs = Date.now() + delayMs * 0.4;
  let meanwhile: string[] = [];
  do {
    const answers = await Promise.all(
      Array.from({ length: 12 }, async () => askGroup(world, 'drain', '/alive')),
    );
    meanwhile = [...new Set(answers.map(({ headers }) => headers['x-probe'] ?? ''))].toSorted();
  } while (meanwhile.length > 1 && Date.now() < heardMs);
  const shortStreams = ofTwo(await short()).map(({ whole }) => whole);
  // After two health check intervals of the load balancer.
  await Bun.sleep(Math.min(1_000, delayMs / 8));
  const afterLastRequest = (await stateOf()).State ?? 'gone';
  const isGone = async (): Promise<boolean> => [undefined, 'unused'].includes((await stateOf()).State);
  const gone = await until(world, 'gone from drain', isGone);

  await register(world, 'drain', two.address);
  const registeredAgain = (await healthy(two.address)).State ?? '';
  // Much longer than the delay, because a busy machine cuts late. The words come within the idle timeout.
  const long = await streams(delayMs * 6, 33);
  const beganMs = Date.now();
  await deregister(world, 'drain', two.address);
  const cut = ofTwo(await long());
  await until(world, 'gone from drain', isGone);

  await register(world, 'drain', two.address);
  await healthy(two.address);
  const last = await streams(delayMs * 0.8);
  await deregister(world, 'drain', two.address);
  await until(world, 'draining', async () => (await stateOf()).State === 'draining');
  await register(world, 'drain', two.address);
  const registeredWhileDraining = (await healthy(two.address)).State ?? '';
  await last();
  await deregister(world, 'drain', two.address);
  await deregister(world, 'drain', one.address);
  return {
    draining,
    // The probes that answered new requests while the second probe drained.
    answeredMeanwhile: meanwhile,
    // Streams of the second probe that ended within the deregistration delay.
    shortStreams: [...new Set(shortStreams)],
    // Its state after the last request in progress ended, before the delay was over.
    afterLastRequest,
    gone,
    registeredAgain,
    // Streams that would have taken longer than the delay, and the shortest time that they lasted.
    longStreams: [...new Set(cut.map(({ whole }) => whole))],
    longEnough: cut.every(({ elapsedMs }) => elapsedMs >= delayMs) && Date.now() - beganMs >= delayMs,
    registeredWhileDraining,
  };
}
