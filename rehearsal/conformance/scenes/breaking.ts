import type { ContainerDefinition, Task } from '@aws-sdk/client-ecs';
import { until } from '../seeing.ts';
import { MISSING_IMAGE } from '../stack/probes.ts';
import type { World } from '../world.ts';
import { keepAsking, serviceOf } from './service.ts';

/** The observations of one bad deployment. */
export interface Failure {
  /** The rolloutState of the deployment while ECS listed it. */
  states: string[];
  /** An event of the service reports it. */
  failed: boolean;
  rolledBack: boolean;
  /** The service uses the earlier task definition again. */
  back: boolean;
  answers: string[];
  stopped: { code: string; reason: string }[];
}

/** Deploys bad versions of a service, one after the other. The circuit breaker rolls each one back. */
export async function breakingScene(world: World) {
  const service = serviceOf(world, 'breaking');
  await world.probes.createService(
    'breaking',
    await world.probes.register({ PROBE: 'breaking', REVISION: '1' }),
  );
  await service.steady();
  const missing = world.stack.secrets.plain.replace(/[^:]+$/, 'lornu-none-AbCdEf');
  const fail = async (
    what: string,
    environment: Record<string, string>,
    about: Partial<ContainerDefinition> = {},
  ): Promise<Failure> => {
    world.say(`breaking: ${what}`);
    const before = await service.describe();
    const said = async (): Promise<number[]> => [
      (await service.said('deployment failed: tasks failed to start.')).length,
      (await service.said('rolling back to deployment')).length,
    ];
    const [failedBefore = 0, backBefore = 0] = await said();
    const asking = keepAsking(world, 'breaking');
    const bad = await service.deploy({ REVISION: 'bad', ...environment }, about);
    const states = new Set<string>();
    await until(world, 'rolled back', async () => {
      const { deployments = [], taskDefinition } = await service.describe();
      for (const deployment of deployments) {
        if (deployment.taskDefinition !== bad) continue;
        states.add(deployment.rolloutState ?? '');
      }
      return taskDefinition === before.taskDefinition && states.size > 0;
    });
    await service.steady();
    const after = await service.describe();
    const stopped = (await service.stopped()).filter(
      (task) => task.taskDefinitionArn === bad && !task.stoppedReason?.startsWith('Scaling activity'),
    );
    const [failedAfter = 0, backAfter = 0] = await said();
    return {
      states: [...states].toSorted(),
      failed: failedAfter > failedBefore,
      rolledBack: backAfter > backBefore,
      back: after.taskDefinition === before.taskDefinition && after.deployments?.length === 1,
      answers: Object.keys(await asking.end()).toSorted(),
      stopped: stopped.map(({ stopCode, stoppedReason = '' }: Task) => ({
        code: stopCode ?? '',
        reason: stoppedReason,
      })),
    };
  };
  const crash = await fail('a program that ends at once', { CRASH_AFTER_MS: '300' });
  const image = await fail('an image that is not there', {}, { image: MISSING_IMAGE });
  const sick = await fail('a health check that fails', { SICK: '1' });
  const secret = await fail(
    'a secret that is not there',
    {},
    { secrets: [{ name: 'X', valueFrom: missing }] },
  );
  const logGroup = await fail(
    'a log group that is not there',
    {},
    {
      logConfiguration: {
        logDriver: 'awslogs',
        options: {
          'awslogs-group': '/lornu/none',
          'awslogs-region': await world.clients.ecs.config.region(),
          'awslogs-stream-prefix': 'probe',
        },
      },
    },
  );
  world.say('breaking: without the circuit breaker');
  const configuration = (enable: boolean) => ({
    deploymentConfiguration: {
      maximumPercent: 200,
      minimumHealthyPercent: 100,
      deploymentCircuitBreaker: { enable, rollback: enable },
    },
  });
  await service.update(configuration(false));
  const good = (await service.describe()).taskDefinition;
  const bad = await service.deploy({ CRASH_AFTER_MS: '100' });
  const more = await until(world, 'failed more often than the threshold', async () => {
    const primary = await service.primary();
    return primary.taskDefinition === bad && (primary.failedTasks ?? 0) > 3 && primary;
  });
  const throttled = (await service.said('unable to consistently start tasks successfully')).length > 0;
  await service.update({ taskDefinition: good, ...configuration(true) });
  await service.steady();
  return { crash, image, sick, secret, logGroup, off: { state: more.rolloutState ?? '', throttled } };
}
