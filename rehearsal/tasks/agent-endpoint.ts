import type { ECS, Failure, ProtectedTask } from '@aws-sdk/client-ecs';
import { Hono } from 'hono';
import type { TaskPlan } from './task-definition.ts';

/** Where a task finds it on AWS; the credentials' path is relative to it. */
const FIXED_ADDRESS = 'http://169.254.170.2';

/** What the agent's endpoints say of a task. */
export interface KnownTask {
  id: string;
  arn: string;
  cluster: string;
  plan: TaskPlan;
  address: string;
  zone: string;
}

export interface AgentEndpointOptions {
  /** A client with the task's role. */
  ecsOf: (task: KnownTask) => Promise<ECS>;
  find: (id: string) => KnownTask | undefined;
  /** Answers like the container credentials endpoint for this task and role name. */
  credentials: (taskId: string, roleName: string) => Promise<Response>;
  /** Its port on this machine's loopback, to which the tasks' networks lead from its fixed address; where it is left out, tasks are on loopback themselves. */
  port?: number | undefined;
}

export interface AgentEndpoint {
  /** Variables that ECS sets in a container. */
  variables: (taskId: string) => Record<string, string>;
  stop: () => Promise<void>;
}

/**
 * The endpoints of ECS's agent in every task: metadata version 4, the task role's credentials, task protection.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate.html
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html
 */
export function startAgentEndpoint(options: AgentEndpointOptions): AgentEndpoint {
  const app = new Hono();
  const { find } = options;
  app.get('/v4/:id', (c) => {
    const task = find(c.req.param('id'));
    return task ? c.json(containerMetadata(task)) : c.notFound();
  });
  app.get('/v4/:id/task', (c) => {
    const task = find(c.req.param('id'));
    return task ? c.json(taskMetadata(task)) : c.notFound();
  });
  app.get('/v2/credentials/:id', (c) => {
    const task = find(c.req.param('id'));
    const role = task?.plan.taskRoleArn?.split('/').at(-1);
    return task && role ? options.credentials(task.id, role) : c.notFound();
  });
  app.put('/api/:id/task-protection/v1/state', async (c) => {
    const task = find(c.req.param('id'));
    if (!task) return c.notFound();
    const asked = (await c.req.json()) as { ProtectionEnabled?: boolean; ExpiresInMinutes?: number };
    return c.json(await protect(await options.ecsOf(task), task, asked));
  });
  app.get('/api/:id/task-protection/v1/state', async (c) => {
    const task = find(c.req.param('id'));
    return task ? c.json(await readProtection(await options.ecsOf(task), task)) : c.notFound();
  });
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: options.port ?? 0,
    development: false,
    // Without this, `development: false` makes Bun share the port: a second process would get half of the requests.
    reusePort: false,
    fetch: app.fetch,
  });
  const isFixed = options.port !== undefined;
  const url = isFixed ? FIXED_ADDRESS : server.url.origin;
  return {
    variables: (taskId) => ({
      ECS_CONTAINER_METADATA_URI_V4: `${url}/v4/${taskId}`,
      ECS_AGENT_URI: `${url}/api/${taskId}`,
      ...(isFixed
        ? { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: `/v2/credentials/${taskId}` }
        : { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/v2/credentials/${taskId}` }),
      AWS_EXECUTION_ENV: 'AWS_ECS_FARGATE',
    }),
    stop: async () => server.stop(true),
  };
}

async function protect(
  ecs: ECS,
  task: KnownTask,
  asked: { ProtectionEnabled?: boolean; ExpiresInMinutes?: number },
): Promise<object> {
  const { protectedTasks = [], failures = [] } = await ecs.updateTaskProtection({
    cluster: task.cluster,
    tasks: [task.arn],
    protectionEnabled: asked.ProtectionEnabled,
    expiresInMinutes: asked.ExpiresInMinutes,
  });
  return protectionAnswer(protectedTasks, failures);
}

async function readProtection(ecs: ECS, task: KnownTask): Promise<object> {
  const { protectedTasks = [], failures = [] } = await ecs.getTaskProtection({
    cluster: task.cluster,
    tasks: [task.arn],
  });
  return protectionAnswer(protectedTasks, failures);
}

function protectionAnswer([state]: readonly ProtectedTask[], failures: readonly Failure[]): object {
  if (!state) return { failure: { Arn: failures[0]?.arn, Reason: failures[0]?.reason } };
  return {
    protection: {
      ProtectionEnabled: state.protectionEnabled,
      TaskArn: state.taskArn,
      ...(state.expirationDate ? { ExpirationDate: state.expirationDate.toISOString() } : {}),
    },
  };
}

function containerMetadata({ id, arn, plan, address }: KnownTask): object {
  return {
    DockerId: `${id}-1`,
    Name: plan.container.name,
    Image: plan.container.image,
    Labels: {
      'com.amazonaws.ecs.task-arn': arn,
      'com.amazonaws.ecs.task-definition-family': plan.name.split(':')[0],
      'com.amazonaws.ecs.task-definition-version': plan.name.split(':')[1],
    },
    DesiredStatus: 'RUNNING',
    KnownStatus: 'RUNNING',
    Limits: { Memory: plan.memoryMb },
    Networks: [{ NetworkMode: 'awsvpc', IPv4Addresses: [address] }],
  };
}

function taskMetadata(task: KnownTask): object {
  const [Family, Revision] = task.plan.name.split(':');
  return {
    Cluster: task.cluster,
    TaskARN: task.arn,
    Family,
    Revision,
    DesiredStatus: 'RUNNING',
    KnownStatus: 'RUNNING',
    Limits: { Memory: task.plan.memoryMb },
    AvailabilityZone: task.zone,
    LaunchType: 'FARGATE',
    Containers: [containerMetadata(task)],
  };
}
