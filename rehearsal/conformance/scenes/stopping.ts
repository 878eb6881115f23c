import type { Task } from '@aws-sdk/client-ecs';
import { until } from '../seeing.ts';
import { MISSING_IMAGE, STOP_TIMEOUT_S } from '../stack/probes.ts';
import type { World } from '../world.ts';
import { logOf } from './service.ts';
import { runningAddress } from './single-probes.ts';

export interface Ended {
  lastStatus: string;
  desiredStatus: string;
  stopCode: string;
  /** The text up to the first colon, or the whole text. */
  reason: string;
  exitCode: number | null;
}

/** Runs single tasks that end in each of the possible ways. */
export async function stoppingScene(world: World) {
  const { probes, stack, clients } = world;
  world.say('single tasks end');
  const plain = await probes.register({});
  const ended = async (arn: string): Promise<Task> =>
    until(world, 'stopped', async () => {
      const task = await probes.describeSingle(arn);
      return task?.lastStatus === 'STOPPED' && task;
    });
  const stop = async (arn: string): Promise<void> => {
    await runningAddress(world, arn);
    await until(world, 'listening', async () =>
      (await logOf(world, arn)).some((line) => line.includes('"listening"')),
    );
    await clients.ecs.stopTask({ cluster: stack.clusters.single, task: arn, reason: 'a drill' });
  };
  const asked = async () => {
    const arn = await probes.run(plain, { environment: { PROBE: 'asked' } });
    await stop(arn);
    const task = await ended(arn);
    const askedLog = await until(world, 'logged', async () =>
      (await logOf(world, arn)).some((line) => line.includes('"sigterm"')),
    );
    return { asked: toEnded(task), askedLog };
  };
  const stubborn = async () => {
    const arn = await probes.run(plain, { environment: { PROBE: 'stubborn', KEEP_ON_SIGTERM: '1' } });
    await stop(arn);
    const beganMs = Date.now();
    const task = await ended(arn);
    // Whether the time between SIGTERM and the end was at least the stop timeout.
    return { stubborn: toEnded(task), stubbornLong: Date.now() - beganMs >= STOP_TIMEOUT_S * 1000 };
  };
  const own = async () => {
    const arn = await probes.run(plain, {
      command: ['node', '-e', 'console.log("hello from " + process.env.WHO); process.exit(3)'],
      environment: { WHO: 'the check' },
    });
    const task = await ended(arn);
    const ownLog = await until(world, 'logged', async () => {
      const lines = await logOf(world, arn);
      return lines.length > 0 && lines;
    });
    return { own: toEnded(task), ownLog, ownGroup: (task.group ?? '').split(':')[0] ?? '' };
  };
  const never = async (about: Parameters<typeof probes.register>[1]): Promise<Ended> =>
    toEnded(await ended(await probes.run(await probes.register({}, about))));
  const region = await clients.ecs.config.region();
  const missing = stack.secrets.plain.replace(/[^:]+$/, 'lornu-none-AbCdEf');
  const [one, two, three, image, secret, key, logGroup, tooLong] = await Promise.all([
    asked(),
    stubborn(),
    own(),
    never({ image: MISSING_IMAGE }),
    never({ secrets: [{ name: 'X', valueFrom: missing }] }),
    never({ secrets: [{ name: 'X', valueFrom: `${stack.secrets.json}:nokey::` }] }),
    never({
      logConfiguration: {
        logDriver: 'awslogs',
        options: {
          'awslogs-group': '/lornu/none',
          'awslogs-region': region,
          'awslogs-stream-prefix': 'probe',
        },
      },
    }),
    probes.register({}, { stopTimeout: 121 }).then(
      () => false,
      () => true,
    ),
  ]);
  return { ...one, ...two, ...three, image, secret, key, logGroup, tooLong };
}

function toEnded({
  lastStatus = '',
  desiredStatus = '',
  stopCode,
  stoppedReason = '',
  containers,
}: Task): Ended {
  return {
    lastStatus,
    desiredStatus,
    stopCode: stopCode ?? '',
    reason: stoppedReason.split(':')[0] ?? '',
    exitCode: containers?.[0]?.exitCode ?? null,
  };
}
