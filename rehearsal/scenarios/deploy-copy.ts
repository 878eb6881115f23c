import type { NamedImage } from './images.ts';
import { untilRolledOut, type RollOut } from './roll-out.ts';
import type { Stage } from './scenario.ts';

/**
 * Deploys another image with a copy of the running task definition, and waits for ECS. Terraform knows nothing of it, so
 * it takes seconds less than `rollOut`; `takeBack` deploys the earlier task definition again and removes the copy.
 */
export async function deployCopy(
  stage: Stage,
  image: NamedImage,
): Promise<{ rollOut: RollOut; takeBack: () => Promise<RollOut> }> {
  const { ecs } = stage.standing.clients;
  const { cluster, service } = stage.served.applied;
  const { services = [] } = await ecs.describeServices({ cluster, services: [service] });
  const { taskDefinition: before } = await ecs.describeTaskDefinition({
    taskDefinition: services[0]?.taskDefinition,
  });
  if (before?.taskDefinitionArn === undefined) throw new Error(`${service} has no task definition`);
  const earlier = before.taskDefinitionArn;
  const deploy = async (taskDefinition: string): Promise<RollOut> => {
    const beganMs = performance.now();
    await ecs.updateService({ cluster, service, taskDefinition });
    return untilRolledOut(stage, taskDefinition, beganMs);
  };
  const { family, taskRoleArn, executionRoleArn, networkMode, volumes, cpu, memory } = before;
  const { requiresCompatibilities, runtimePlatform, ephemeralStorage } = before;
  const { taskDefinition: copy } = await ecs.registerTaskDefinition({
    family,
    taskRoleArn,
    executionRoleArn,
    networkMode,
    volumes,
    cpu,
    memory,
    requiresCompatibilities,
    runtimePlatform,
    ephemeralStorage,
    containerDefinitions: before.containerDefinitions?.map((container) => ({
      ...container,
      image: container.image?.replace(/@sha256:.*$/, `@${image.digest}`),
      environment: container.environment?.map(({ name, value }) =>
        name === 'LORNU_REVISION' ? { name, value: image.revision } : { name, value },
      ),
    })),
  });
  const copyArn = copy?.taskDefinitionArn;
  if (copyArn === undefined) throw new Error('ECS registered no task definition');
  const takeBack = async (): Promise<RollOut> => {
    const done = await deploy(earlier);
    await ecs.deregisterTaskDefinition({ taskDefinition: copyArn });
    return done;
  };
  return { rollOut: await deploy(copyArn), takeBack };
}
