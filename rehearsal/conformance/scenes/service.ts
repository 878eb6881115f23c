import type {
  ContainerDefinition,
  Deployment,
  Service,
  Task,
  UpdateServiceCommandInput,
} from '@aws-sdk/client-ecs';
import { askGroup, targets, until } from '../seeing.ts';
import { CONTAINER } from '../stack/probes.ts';
import type { ServiceName } from '../stack/rules.ts';
import type { World } from '../world.ts';

/** A service of the probe stack, as Describe calls show it. */
export interface ProbeService {
  describe: () => Promise<Service>;
  primary: () => Promise<Deployment>;
  update: (change: Partial<UpdateServiceCommandInput>) => Promise<void>;
  /** Registers the probe with this environment and makes the service use it. */
  deploy: (
    environment: Readonly<Record<string, string>>,
    about?: Partial<ContainerDefinition>,
  ) => Promise<string>;
  /** Tasks whose desired status is RUNNING. */
  tasks: () => Promise<Task[]>;
  describeTasks: (arns: readonly string[]) => Promise<Task[]>;
  /** Tasks that stopped recently, the newest last. AWS lists them for an hour. */
  stopped: () => Promise<Task[]>;
  /** Waits until there is one completed deployment, with as many healthy targets as desired. */
  steady: () => Promise<void>;
  /** The events of the service that contain this text. */
  said: (text: string) => Promise<string[]>;
}

export function serviceOf(world: World, name: ServiceName): ProbeService {
  const { ecs } = world.clients;
  const cluster = world.stack.clusters[name];
  const describe = async (): Promise<Service> => {
    const { services } = await ecs.describeServices({ cluster, services: [name] });
    if (!services?.[0]) throw new Error(`service ${name} does not exist`);
    return services[0];
  };
  const describeTasks = async (arns: readonly string[]): Promise<Task[]> =>
    arns.length === 0 ? [] : ((await ecs.describeTasks({ cluster, tasks: [...arns] })).tasks ?? []);
  const list = async (desiredStatus: 'RUNNING' | 'STOPPED'): Promise<Task[]> => {
    const { taskArns = [] } = await ecs.listTasks({ cluster, serviceName: name, desiredStatus });
    return describeTasks(taskArns);
  };
  const update: ProbeService['update'] = async (change) =>
    void (await ecs.updateService({ cluster, service: name, ...change }));
  return {
    describe,
    primary: async () => (await describe()).deployments?.[0] ?? {},
    update,
    deploy: async (environment, about) => {
      const taskDefinition = await world.probes.register({ PROBE: name, ...environment }, about);
      await update({ taskDefinition });
      return taskDefinition;
    },
    tasks: async () => list('RUNNING'),
    describeTasks,
    stopped: async () => list('STOPPED'),
    steady: async () =>
      void (await until(world, `steady: ${name}`, async () => {
        const { deployments = [], desiredCount, runningCount } = await describe();
        const states = [...(await targets(world, name)).values()].map(({ State }) => State);
        return (
          deployments.length === 1 &&
          deployments[0]?.rolloutState === 'COMPLETED' &&
          runningCount === desiredCount &&
          states.length === desiredCount &&
          states.every((state) => state === 'healthy')
        );
      })),
    said: async (text) =>
      ((await describe()).events ?? []).flatMap(({ message = '' }) =>
        message.includes(text) ? [message] : [],
      ),
  };
}

/** Sends requests to the service without a pause until it is ended. Counts each response as "status revision". */
export function keepAsking(world: World, name: ServiceName): { end: () => Promise<Record<string, number>> } {
  const life = new AbortController();
  const seen: Record<string, number> = {};
  const loop = (async () => {
    while (!life.signal.aborted) {
      const { status, body } = await askGroup(world, name, '/echo');
      const revision = status === 200 ? (JSON.parse(body) as { revision: string }).revision : '';
      const answer = `${status} ${revision}`.trim();
      seen[answer] = (seen[answer] ?? 0) + 1;
      await Bun.sleep(100);
    }
  })();
  return {
    end: async () => {
      life.abort();
      await loop;
      return seen;
    },
  };
}

/** The log lines of a task's container so far. */
export async function logOf(world: World, taskArn: string): Promise<string[]> {
  const stream = `probe/${CONTAINER}/${taskArn.split('/').at(-1)}`;
  const { events = [] } = await world.clients.logs
    .getLogEvents({
      logGroupName: world.stack.logGroup,
      logStreamName: stream,
      startFromHead: true,
    })
    .catch(() => ({ events: [] }));
  return events.map(({ message = '' }) => message);
}
