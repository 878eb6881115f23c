import { DescribeServicesCommand, DescribeTaskDefinitionCommand } from '@aws-sdk/client-ecs';
import {
  GetRolePolicyCommand,
  IAMClient,
  ListRolePoliciesCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { DeleteSecretCommand, RestoreSecretCommand } from '@aws-sdk/client-secrets-manager';
import { signalGroup } from '@lornu/ops/process/process-group.ts';
import { emulatorSettings } from '../emulator/aws-clients.ts';
import { untilTrue } from '../scenarios/service-count.ts';
import type { Stage } from '../scenarios/scenario.ts';
import type { Break } from './break.ts';
import { findSecret } from './find-secret.ts';
import { CONTINUES, STREAMS, underStreams, WHOLE, type BreakAndMend } from './under-streams.ts';

const NOT_STARTED_MS = 90_000;
/** ECS's error code for a task whose secrets or image it could not get. */
const NO_START = 'ResourceInitializationError';

/**
 * Running tasks are not affected, but no task can start. One task is killed during the break, and it is replaced after
 * the repair.
 */
const noTaskStarts = (
  id: string,
  what: string,
  does: string,
  take: (stage: Stage) => Promise<() => Promise<void>>,
): Break => ({
  id,
  title: `${what}: running tasks continue, and a killed task is replaced after the repair`,
  does: `${does}, and one task is killed under ${STREAMS} streams`,
  people: 'answers of the killed task pause, then continue on another task',
  recovery: `ECS reports why no task starts; ${CONTINUES}; ${WHOLE}; as many tasks as before are healthy`,
  run: async (stage, io) => {
    const { served } = stage;
    const breakAndMend: BreakAndMend = async (busiest) => {
      const beganMs = Date.now();
      const mend = await take(stage);
      try {
        const victim = await busiest();
        io.line(`task ${victim.id.slice(0, 8)} is killed`);
        signalGroup(victim.pid, 'SIGKILL');
        const refusal = (): string | undefined =>
          served
            .events()
            .flatMap((event) =>
              event.what === 'stopped' && event.atMs >= beganMs ? (event.detail ?? '') : [],
            )
            .find((detail) => detail.includes(NO_START));
        await untilTrue(stage, () => refusal() !== undefined, NOT_STARTED_MS);
        return `no task started: ${refusal()?.slice(0, 160)}`;
      } finally {
        await mend();
      }
    };
    return underStreams(stage, breakAndMend, { replaces: true, takesOver: true });
  },
});

async function takeSecret({ standing: { clients } }: Stage): Promise<() => Promise<void>> {
  const SecretId = await findSecret(clients.secrets, 'session-key');
  await clients.secrets.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 }));
  return async () => void (await clients.secrets.send(new RestoreSecretCommand({ SecretId })));
}

/** Removes the execution role's permission to read secrets, and keeps its other statements. */
async function takePermission({ standing, served }: Stage): Promise<() => Promise<void>> {
  const { ecs } = standing.clients;
  const { cluster, service } = served.applied;
  const { services } = await ecs.send(new DescribeServicesCommand({ cluster, services: [service] }));
  const { taskDefinition } = await ecs.send(
    new DescribeTaskDefinitionCommand({ taskDefinition: services?.[0]?.taskDefinition }),
  );
  const RoleName = taskDefinition?.executionRoleArn?.split('/').at(-1);
  const iam = new IAMClient(emulatorSettings(standing.emulator.url));
  const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
  const [PolicyName] = PolicyNames;
  const { PolicyDocument = '' } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
  const before = decodeURIComponent(PolicyDocument);
  const policy = JSON.parse(before) as { Statement: { Action: string | string[] }[] };
  const left = policy.Statement.filter(
    ({ Action }) => ![Action].flat().includes('secretsmanager:GetSecretValue'),
  );
  if (left.length === policy.Statement.length)
    throw new Error(`${RoleName} has no permission to read secrets`);
  const put = async (document: string): Promise<void> =>
    void (await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument: document })));
  await put(JSON.stringify({ ...policy, Statement: left }));
  return async () => put(before);
}

export const START_BREAKS: readonly Break[] = [
  noTaskStarts(
    'secret-gone',
    'a secret is missing',
    'the session key is deleted in Secrets Manager',
    takeSecret,
  ),
  noTaskStarts(
    'permission-withdrawn',
    'the permission to read secrets is withdrawn',
    "the execution role's policy loses secretsmanager:GetSecretValue",
    takePermission,
  ),
];
