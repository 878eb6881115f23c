import { ECR } from '@aws-sdk/client-ecr';
import { CliError } from '@lornu/ops/base/cli-error.ts';
import { createAwsClients, emulatorSettings, REGION, type AwsClients } from '../emulator/aws-clients.ts';
import { ACCOUNT_ID, type Credentials } from '../emulator/credentials.ts';
import { parseSecretReference } from '../tasks/secret-reference.ts';
import { readTaskDefinition } from '../tasks/task-definition.ts';
import type { Standing } from './standing.ts';

/** A role, the service that uses it, the resource for which it does, and the calls that are made with it. */
interface Use {
  roleArn: string;
  service: 'vpc-flow-logs.amazonaws.com' | 'ecs-tasks.amazonaws.com';
  sourceArn: string;
  calls: (as: Caller) => Promise<unknown>[];
}
type Caller = ReturnType<typeof createCaller>;

const STREAM = 'lornu-try-roles';
const SECONDS = 900;
const TASK = '0'.repeat(32);
const LAYER = `sha256:${'0'.repeat(64)}`;

/**
 * AWS accepts a flow log or a service whose roles lack a permission. Later it writes no log or starts no task. So the
 * calls that AWS and the agent make with these roles are tried after an apply. Returns what was tried, as text; throws
 * CliError with the calls that are denied.
 */
export async function tryRoles(
  { clients, emulator }: Pick<Standing, 'clients' | 'emulator'>,
  staging: { cluster: string; taskDefinition: string },
): Promise<string> {
  const { uses, logGroups } = await readUses(clients, staging);
  const denied: string[] = [];
  let tried = 0;
  for (const { roleArn, service, sourceArn, calls } of uses) {
    const { credentials, refused } = await emulator.sideDoor.startSession({
      roleArn,
      session: STREAM,
      service,
      seconds: SECONDS,
      context: { 'aws:SourceAccount': ACCOUNT_ID, 'aws:SourceArn': sourceArn },
    });
    if (!credentials) denied.push(`${service} may not use ${roleArn}: ${refused}`);
    const results = await Promise.allSettled(
      credentials ? calls(createCaller(emulator.url, credentials)) : [],
    );
    tried += results.length;
    // Other errors do not matter: the layer, the task and the value of a secret need not exist.
    for (const result of results)
      if (result.status === 'rejected' && (result.reason as Error).name.startsWith('AccessDenied'))
        denied.push(`${roleArn.replace(/^.*\//, '')}: ${(result.reason as Error).message}`);
  }
  for (const logGroupName of logGroups)
    await clients.logs.deleteLogStream({ logGroupName, logStreamName: STREAM }).catch(() => undefined);
  if (denied.length === 0) return `${tried} calls with ${uses.length} roles`;
  throw new CliError({
    what: `${denied.length} calls that AWS or the agent makes with a role of staging are denied.`,
    why: 'AWS accepts such a role, but flow logs would be lost, or tasks would not start or not work.',
    next: 'Allow the calls in terraform/aws/staging/iam.tf, and in the boundary of terraform/aws/bootstrap.',
    output: denied,
  });
}

function createCaller(url: string, credentials: Credentials) {
  return {
    ...createAwsClients(url, credentials),
    ecr: new ECR(emulatorSettings(url, REGION, credentials)),
  };
}

async function readUses(
  clients: AwsClients,
  { cluster, taskDefinition: arn }: { cluster: string; taskDefinition: string },
): Promise<{ uses: Use[]; logGroups: string[] }> {
  const { taskDefinition = {} } = await clients.ecs.describeTaskDefinition({ taskDefinition: arn });
  const { executionRoleArn = '', taskRoleArn = '', container } = readTaskDefinition(taskDefinition);
  const { FlowLogs = [] } = await clients.ec2.describeFlowLogs({});
  // Either is given: the name of the log group, or its ARN.
  const flowLogs = FlowLogs.map((one) => ({
    ...one,
    group: /:log-group:([^:]+)/.exec(one.LogDestination ?? '')?.[1] ?? one.LogGroupName ?? '',
  }));
  const task = `arn:aws:ecs:${REGION}:${ACCOUNT_ID}:task/${cluster}/${TASK}`;
  const ecs = { service: 'ecs-tasks.amazonaws.com', sourceArn: task } as const;
  const rotated = Object.entries(container.environment).filter(([name]) =>
    name.startsWith('LORNU_SECRET_ARN_'),
  );
  const uses: Use[] = [
    ...flowLogs.map(({ FlowLogId = '', DeliverLogsPermissionArn = '', group }): Use => ({
      roleArn: DeliverLogsPermissionArn,
      service: 'vpc-flow-logs.amazonaws.com',
      sourceArn: `arn:aws:ec2:${REGION}:${ACCOUNT_ID}:vpc-flow-log/${FlowLogId}`,
      calls: (as) => [...writeLog(as, group), as.logs.describeLogStreams({ logGroupName: group })],
    })),
    {
      ...ecs,
      roleArn: executionRoleArn,
      calls: (as) => [
        ...pullImage(as, container.image),
        ...writeLog(as, container.logGroup ?? ''),
        ...container.secrets.map(async ({ valueFrom }) =>
          readSecret(as, parseSecretReference(valueFrom).secretId),
        ),
      ],
    },
    {
      ...ecs,
      roleArn: taskRoleArn,
      calls: (as) => [
        as.ecs.updateTaskProtection({ cluster, tasks: [task], protectionEnabled: true }),
        as.ecs.getTaskProtection({ cluster, tasks: [task] }),
        ...rotated.map(async ([, secret]) => readSecret(as, secret)),
      ],
    },
  ];
  return {
    uses,
    logGroups: [...flowLogs.map(({ group }) => group), container.logGroup ?? ''],
  };
}

function writeLog({ logs }: Caller, logGroupName: string): Promise<unknown>[] {
  const stream = { logGroupName, logStreamName: STREAM };
  return [
    logs.createLogStream(stream),
    logs.putLogEvents({ ...stream, logEvents: [{ timestamp: Date.now(), message: STREAM }] }),
  ];
}

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html */
function pullImage({ ecr }: Caller, image: string): Promise<unknown>[] {
  const repositoryName = image.replace(/^[^/]+\//, '').replace(/[:@].*$/, '');
  return [
    ecr.getAuthorizationToken({}),
    ecr.batchCheckLayerAvailability({ repositoryName, layerDigests: [LAYER] }),
    ecr.getDownloadUrlForLayer({ repositoryName, layerDigest: LAYER }),
    ecr.batchGetImage({ repositoryName, imageIds: [{ imageTag: 'none' }] }),
  ];
}

async function readSecret({ secrets }: Caller, SecretId: string): Promise<unknown> {
  return secrets.getSecretValue({ SecretId });
}
