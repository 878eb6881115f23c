import { createAwsClients, type AwsClients } from '../emulator/aws-clients.ts';
import type { Emulator } from '../emulator/start-emulator.ts';
import { ACCOUNT_ID, type Credentials } from '../emulator/credentials.ts';

const REGION = 'us-east-1';
/** ECS renews them; a rehearsal that stays up as long starts its tasks again. */
const SECONDS = 6 * 3600;

/** What the container credentials endpoint answers. */
interface Answered {
  AccessKeyId: string;
  SecretAccessKey: string;
  Token: string;
}

/** Sessions of the roles of tasks, which ECS starts as ecs-tasks.amazonaws.com where the roles trust it. */
export interface TaskSessions {
  /** The account as one of a task's roles sees it. Rejects with ECS's sentence when the role does not trust ECS. */
  asRole: (roleArn: string, taskId: string) => Promise<AwsClients>;
  /** Makes credentials that a task was given valid in the account too. */
  accept: (roleName: string, taskId: string, answer: unknown) => Promise<void>;
}

/**
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
