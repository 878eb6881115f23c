import { randomBytes } from 'node:crypto';

export interface TaskCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  expiresAtMs: number;
  /** ARN in GetCallerIdentity: arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION. */
  callerArn: string;
}

export interface TaskCredentialsOptions {
  accountId: string;
  roleName: string;
  lifetimeMs: number;
  now: () => number;
}

/** Issues the credentials of an ECS task's role at the container endpoint; the STS stand-in accepts them. */
export class TaskCredentialsIssuer {
  readonly #issued = new Map<string, TaskCredentials>();
  readonly #options: TaskCredentialsOptions;

  constructor(options: TaskCredentialsOptions) {
    this.#options = options;
  }

  issue(taskId: string, roleName = this.#options.roleName): TaskCredentials {
    const { accountId, lifetimeMs, now } = this.#options;
    const credentials = {
      accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
      secretAccessKey: randomBytes(30).toString('base64'),
      sessionToken: randomBytes(120).toString('base64'),
      expiresAtMs: now() + lifetimeMs,
      callerArn: `arn:aws:sts::${accountId}:assumed-role/${roleName}/${taskId}`,
    };
    this.#issued.set(credentials.accessKeyId, credentials);
    return credentials;
  }

  find(accessKeyId: string): TaskCredentials | undefined {
    return this.#issued.get(accessKeyId);
  }

  /** The response of the container credentials endpoint (AWS, "Task IAM role"). */
  toAnswer(taskId: string, roleName?: string): Response {
    const credentials = this.issue(taskId, roleName);
    return Response.json({
      RoleArn: `arn:aws:iam::${this.#options.accountId}:role/${roleName ?? this.#options.roleName}`,
      AccessKeyId: credentials.accessKeyId,
      SecretAccessKey: credentials.secretAccessKey,
      Token: credentials.sessionToken,
      Expiration: new Date(credentials.expiresAtMs).toISOString(),
    });
  }
}
