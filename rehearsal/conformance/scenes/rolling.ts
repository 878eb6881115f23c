import type { Task } from '@aws-sdk/client-ecs';
import { askGroup, targets, until } from '../seeing.ts';
import type { World } from '../world.ts';
import { keepAsking, logOf, serviceOf } from './service.ts';
import { singleProbes } from './single-probes.ts';

const SECRET_NAMES = ['WHOLE', 'KEY', 'STAGED', 'PLAIN'] as const;

/**
 * Replaces a service with secrets by its next version under load, then protects a task, scales in and scales to zero.
 */
export async function rollingScene(world: World) {
  const service = serviceOf(world, 'rolling');
  const { json, plain } = world.stack.secrets;
  const secrets = [
    { name: 'WHOLE', valueFrom: json },
    { name: 'KEY', valueFrom: `${json}:id::` },
    { name: 'STAGED', valueFrom: `${json}:word:AWSCURRENT:` },
    { name: 'PLAIN', valueFrom: plain },
  ];
  const environment = async (...names: string[]): Promise<Record<string, string | null>> =>
    JSON.parse(
      (
        await askGroup(
          world,
          'rolling',
          `/probe/environment?${names.map((name) => `name=${name}`).join('&')}`,
        )
      ).body,
    ) as Record<string, string | null>;
  world.say('rolling: first version');
  await world.probes.createService(
    'rolling',
    await world.probes.register({ PROBE: 'rolling', REVISION: '1', GIVEN: 'yes' }, { secrets }),
  );
  await service.steady();
  const first = await service.describe();
  const before = await service.tasks();
  const firstEnvironment = await environment('GIVEN', 'AWS_EXECUTION_ENV', ...SECRET_NAMES);
  const zones = new Set(before.map(({ availabilityZone }) => availabilityZone));
  const metadata = JSON.parse((await askGroup(world, 'rolling', '/probe/metadata?of=/task')).body) as Record<
    string,
    string
  >;
  await world.clients.secrets.putSecretValue({ SecretId: plain, SecretString: 'plain second' });
  const afterChange = (await environment('PLAIN'))['PLAIN'];

  world.say('rolling: second version under load');
  const asking = keepAsking(world, 'rolling');
  const streams = Promise.all(
    Array.from({ length: 4 }, async () => askGroup(world, 'rolling', '/x?everyMs=500&words=9')),
  );
  const statuses = new Map(before.map(({ taskArn = '' }) => [taskArn, [] as string[]]));
  const healthy: number[] = [];
  const deployments = new Set<string>();
  let mostTasks = 0;
  await service.deploy({ REVISION: '2' }, { secrets });
  await until(world, 'replaced', async () => {
    for (const { taskArn = '', lastStatus = '' } of await service.describeTasks([...statuses.keys()])) {
      if (statuses.get(taskArn)?.at(-1) !== lastStatus) statuses.get(taskArn)?.push(lastStatus);
    }
    const { deployments: shown = [] } = await service.describe();
    for (const { status, rolloutState } of shown) deployments.add(`${status} ${rolloutState}`);
    mostTasks = Math.max(
      mostTasks,
      shown.reduce((sum, one) => sum + (one.runningCount ?? 0) + (one.pendingCount ?? 0), 0),
    );
    const states = [...(await targets(world, 'rolling')).values()].map(({ State }) => State);
    healthy.push(states.filter((state) => state === 'healthy').length);
    return shown.length === 1 && shown[0]?.rolloutState === 'COMPLETED' && states.length === 2;
  });
  await service.steady();
  const answers = await asking.end();
  const streamed = await streams;
  const replaced = await until(world, 'stopped', async () => {
    const tasks = await service.describeTasks(before.map(({ taskArn = '' }) => taskArn));
    return tasks.every(({ lastStatus }) => lastStatus === 'STOPPED') && tasks;
  });
  const events = await service.said('has reached a steady state');
  const lines = await Promise.all(
    before.map(async ({ taskArn = '' }) =>
      until(world, 'logged', async () => {
        const log = await logOf(world, taskArn);
        return log.some((line) => line.includes('"sigterm"')) && log;
      }),
    ),
  );
  const afterDeploy = (await environment('PLAIN'))['PLAIN'];

  const protection = await protect(world);
  return {
    first: {
      rolloutState: first.deployments?.[0]?.rolloutState ?? '',
      environment: firstEnvironment,
      groups: [...new Set(before.map(({ group }) => group ?? ''))],
      zones: zones.size,
      metadata,
      cluster: world.stack.clusters.rolling,
    },
    afterChange,
    afterDeploy,
    answers: Object.keys(answers).toSorted(),
    streams: streamed.map(({ whole }) => whole),
    statuses: [...statuses.values()],
    leastHealthy: Math.min(...healthy),
    mostTasks,
    deployments: [...deployments].toSorted(),
    replaced,
    steadySaid: events.length > 0,
    orderOfEnd: lines.map(orderOfEnd),
    ...protection,
  };
}

/** The last event in the log of a task: 'served' if a response ended after SIGTERM, else 'sigterm'. */
function orderOfEnd(lines: readonly string[]): string {
  const words = lines.flatMap((line) => /"probe":"(served|sigterm)"/.exec(line)?.[1] ?? []);
  return words.at(-1) ?? '';
}

async function protect(world: World) {
  const service = serviceOf(world, 'rolling');
  world.say('rolling: protection');
  const put = async (body: object) => {
    const answer = await askGroup(world, 'rolling', '/probe/protection', {
      method: 'PUT',
      body: JSON.stringify(body),
    });
    return JSON.parse(answer.body) as {
      status: number;
      body: {
        protection?: { ProtectionEnabled: boolean; TaskArn: string; ExpirationDate?: string };
        failure?: object;
        error?: object;
      };
    };
  };
  const byApi = async (
    cluster: string,
    task: string,
    protectionEnabled: boolean,
    expiresInMinutes?: number,
  ) =>
    world.clients.ecs.updateTaskProtection({ cluster, tasks: [task], protectionEnabled, expiresInMinutes });
  const { rolling: cluster, single } = world.stack.clusters;
  const set = await put({ ProtectionEnabled: true });
  const arn = set.body.protection?.TaskArn ?? '';
  const minutes = Math.round((Date.parse(set.body.protection?.ExpirationDate ?? '') - Date.now()) / 60_000);
  const refused = async (asked: number): Promise<boolean> =>
    byApi(cluster, arn, true, asked).then(
      () => false,
      () => true,
    );
  const outside = [await refused(0), await refused(2881)];
  const within = [!(await refused(1)), !(await refused(2880))];
  const { one } = await world.scene(singleProbes);
  const ofSingle = await byApi(single, one.taskArn, true).then(
    ({ failures = [], protectedTasks = [] }) =>
      protectedTasks.length > 0 ? 'protected' : (failures[0]?.reason ?? ''),
    (error: Error) => error.name,
  );
  const read = await askGroup(world, 'rolling', '/probe/protection');
  const got = JSON.parse(read.body) as { status: number };

  await service.deploy({ REVISION: '3' });
  await until(world, 'replaced but for the protected one', async () => {
    const { deployments: [primary, old] = [] } = await service.describe();
    return primary?.runningCount === 2 && old?.runningCount === 1;
  });
  // The task still runs after some more intervals.
  await Bun.sleep(world.lookMs * 5);
  const [held] = await service.describeTasks([arn]);
  const waiting = (await service.primary()).rolloutState;
  await byApi(cluster, arn, false);
  await service.steady();
  const [released] = await service.describeTasks([arn]);

  const [kept, other] = await service.tasks();
  // Protect the task that ECS would stop first. Which task that is, without protection, is not part of this check.
  for (const task of [kept, other]) await byApi(cluster, task?.taskArn ?? '', task === kept);
  await service.update({ desiredCount: 1 });
  const left = await until(world, 'scaled in', async () => {
    const tasks = await service.tasks();
    return tasks.length === 1 && tasks;
  });
  await byApi(cluster, kept?.taskArn ?? '', false);
  await service.update({ desiredCount: 0 });
  const emptied = await until(world, 'empty', async () => {
    const { runningCount } = await service.describe();
    return runningCount === 0 && (await targets(world, 'rolling')).size === 0;
  });
  return {
    protection: {
      set: set.body.protection?.ProtectionEnabled ?? false,
      minutes,
      outside,
      within,
      ofSingle,
      got: got.status,
      held: statusOf(held),
      waiting: waiting ?? '',
      released: statusOf(released),
      scaledIn: left[0]?.taskArn === kept?.taskArn,
      emptied,
    },
  };
}

function statusOf(task: Task | undefined): string {
  return task?.lastStatus ?? '';
}
