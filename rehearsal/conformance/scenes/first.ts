import { askGroup, until } from '../seeing.ts';
import type { World } from '../world.ts';
import { serviceOf } from './service.ts';

/** A service whose first deployment fails: its secret has no value yet. */
export async function firstScene(world: World) {
  const service = serviceOf(world, 'first');
  world.say('first: a secret without a value');
  const { empty } = world.stack.secrets;
  await world.probes.createService(
    'first',
    await world.probes.register(
      { PROBE: 'first', REVISION: '1' },
      { secrets: [{ name: 'VALUE', valueFrom: empty }] },
    ),
  );
  await until(world, 'failed', async () => (await service.primary()).rolloutState === 'FAILED');
  const failed = await service.primary();
  const count = async (): Promise<number> =>
    (await service.stopped()).length + (await service.tasks()).length;
  const before = await count();
  await world.clients.secrets.putSecretValue({ SecretId: empty, SecretString: 'filled' });
  // Longer than the interval of the scheduler.
  await Bun.sleep(Math.max(2_000, world.lookMs * 15));
  const startedLater = (await count()) - before;
  await service.update({ forceNewDeployment: true });
  await service.steady();
  const { body } = await askGroup(world, 'first', '/probe/environment?name=VALUE');
  return {
    state: failed.rolloutState ?? '',
    running: failed.runningCount ?? 0,
    // Tasks that ECS started after the deployment had failed.
    startedLater,
    healed: (JSON.parse(body) as { VALUE: string }).VALUE,
  };
}
