import { register, until, untilState } from '../seeing.ts';
import type { World } from '../world.ts';

export interface SingleProbe {
  taskArn: string;
  address: string;
}

/** Starts two probes without a service, so that ECS does not replace them: one behind `steady`, one behind `second`. */
export async function singleProbes(world: World): Promise<{ one: SingleProbe; two: SingleProbe }> {
  world.say('two probes start');
  const definition = await world.probes.register({});
  const start = async (name: string): Promise<SingleProbe> => {
    const taskArn = await world.probes.run(definition, { environment: { PROBE: name } });
    return { taskArn, address: await runningAddress(world, taskArn) };
  };
  const [one, two] = await Promise.all([start('one'), start('two')]);
  await Promise.all([register(world, 'steady', one.address), register(world, 'second', two.address)]);
  await Promise.all([
    untilState(world, 'steady', one.address, 'healthy'),
    untilState(world, 'second', two.address, 'healthy'),
  ]);
  return { one, two };
}

/** The private address of a task of the single probes, once it runs. */
export async function runningAddress(world: World, taskArn: string): Promise<string> {
  return until(world, 'running', async () => {
    const task = await world.probes.describeSingle(taskArn);
    if (task?.lastStatus === 'STOPPED') throw new Error(`the probe stopped: ${task.stoppedReason}`);
    if (task?.lastStatus !== 'RUNNING') return undefined;
    return task.containers?.[0]?.networkInterfaces?.[0]?.privateIpv4Address;
  });
}
