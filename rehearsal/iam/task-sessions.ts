import { createAwsClients, type AwsClients } from '../emulator/aws-clients.ts';
import type { Emulator } from '../emulator/start-emulator.ts';
import { ACCOUNT_ID, type Credentials } from '../emulator/credentials.ts';

const REGION = 'us-east-1';
/** ECS renews them. A rehearsal that runs longer than this must restart its tasks. */
const SECONDS = 6 * 3600;

/** The response of the container credentials endpoint. */
interface Answered {
  AccessKeyId: string;
  SecretAccessKey: string;
  Token: string;
}

/** Sessions of tasks' roles, which ECS assumes as ecs-tasks.amazonaws.com if the roles trust it. */
export interface TaskSessions {
  /** Access to the account with a role of a task. Rejects with ECS's message if the role does not trust ECS. */
  asRole: (roleArn: string, taskId: string) => Promise<AwsClients>;
  /** Makes the credentials of a task valid in the emulated account. */
  accept: (roleName: string, taskId: string, answer: unknown) => Promise<void>;
}

/**
 * Assumes tasks' roles in the emulated account, with the source account and ARN that ECS sends.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html (trust policy, confused deputy)
 */
export function createTaskSessions({ url, sideDoor }: Pick<Emulator, 'url' | 'sideDoor'>): TaskSessions {
  const known = new Map<string, Promise<AwsClients>>();
  const start = async (roleArn: string, taskId: string, keys?: Credentials): Promise<Credentials> => {
    const { credentials, refused } = await sideDoor.startSession({
      roleArn,
      session: taskId,
      service: 'ecs-tasks.amazonaws.com',
      seconds: SECONDS,
      context: {
        'aws:SourceAccount': ACCOUNT_ID,
        'aws:SourceArn': `arn:aws:ecs:${REGION}:${ACCOUNT_ID}:task/${taskId}`,
      },
      ...(keys ? { keys } : {}),
    });
    if (credentials) return credentials;
    // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_assume_role.html
    throw new Error(
      `ECS was unable to assume the role '${roleArn}' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role. (${refused})`,
    );
  };
  return {
    asRole: async (roleArn, taskId) => {
      const clients =
        known.get(`${roleArn} ${taskId}`) ??
        start(roleArn, taskId).then((credentials) => createAwsClients(url, credentials));
      known.set(`${roleArn} ${taskId}`, clients);
      return clients;
    },
    accept: async (roleName, taskId, answer) => {
      const { AccessKeyId, SecretAccessKey, Token } = answer as Answered;
      const keys = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token };
      await start(`arn:aws:iam::${ACCOUNT_ID}:role/${roleName}`, taskId, keys);
    },
  };
}
