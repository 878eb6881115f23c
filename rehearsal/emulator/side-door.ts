import type { Credentials } from './credentials.ts';

/** The emulator's interface besides the AWS API; ../aws/README.md lists the routes. */
export interface SideDoor {
  health: () => Promise<{ instance: string; moto: string; extensions: string[] }>;
  /** From now on the emulator outlives the process that started it. */
  stay: () => Promise<void>;
  stop: () => Promise<void>;
  /** Resets it to an empty account. */
  reset: () => Promise<void>;
  /**
   * The resources in its stores that a new account does not have; keptByAws: those that AWS keeps after a destroy,
   * too.
   */
  leftovers: () => Promise<{ left: string[]; keptByAws: string[] }>;
  /** Actions that Terraform's provider called since the last call of this, as IAM policies name them. */
  takeCalledActions: () => Promise<string[]>;
  /** A number that is another one after each call that may have changed the network. */
  networkChanges: () => Promise<number>;
  /** The documented rules, beyond AWS's models, by which calls are checked. */
  rules: () => Promise<{ id: string; operations: string[]; code: string; page: string }[]>;
  /** Which statements of roles' policies calls have needed, and which calls were denied because one was missing. */
  access: () => Promise<Access>;
  /** Alarms and budgets that publish to a topic; `missing` if the topic or its key does not allow it. */
  publishers: () => Promise<{ what: string; topic: string; missing?: string }[]>;
  /** Starts a session of a role for a service of AWS, if the role's trust policy allows it; else the reason. */
  startSession: (asked: SessionRequest) => Promise<{ credentials?: Credentials; refused?: string }>;
  /** False if the report was ignored, because another deployment than the expected one is primary by now. */
  reportService: (cluster: string, service: string, report: ServiceReport) => Promise<boolean>;
  reportTask: (cluster: string, taskId: string, report: TaskReport) => Promise<void>;
  forgetTask: (cluster: string, taskId: string) => Promise<void>;
  /** Targets that are not named keep their state; unused removes one. */
  reportTargetHealth: (targetGroupArn: string, targets: readonly TargetReport[]) => Promise<void>;
}

export interface SessionRequest {
  roleArn: string;
  session: string;
  /** Such as ecs-tasks.amazonaws.com. */
  service: string;
  seconds: number;
  /** aws:SourceAccount and aws:SourceArn. */
  context: Readonly<Record<string, string>>;
  /** Existing keys; default: new ones. */
  keys?: Credentials;
}

export interface Access {
  /** `alone`: no other statement would have allowed the call. */
  uses: { role: string; policy: string; sid: string; action: string; alone: boolean }[];
  /** The current policies of the applied roles. */
  granted: { role: string; policy: string; document: string }[];
  /** AWS's message, and the statement that would allow it. */
  denied: { operation: string; sentence: string; missing: string }[];
}

/** Member names of the AWS API; `deployments` is the complete list, newest first. */
export interface ServiceReport {
  runningCount?: number;
  pendingCount?: number;
  desiredCount?: number;
  taskDefinition?: string;
  deployments?: readonly ({ id: string } & Record<string, unknown>)[];
  events?: readonly { id: string; message: string }[];
  /** The report is ignored if another deployment is primary by now. */
  expectedPrimary?: string | undefined;
}

/** The first report of a task names its taskDefinition; times are seconds since 1970. */
export type TaskReport = { taskDefinition?: string; lastStatus?: string; desiredStatus?: string } & Record<
  string,
  unknown
>;

export interface TargetReport {
  id: string;
  state: 'initial' | 'healthy' | 'unhealthy' | 'unused' | 'draining' | 'unavailable';
  reason?: string;
  description?: string;
}

const ANSWER_MS = 30_000;

/** A client of the emulator at this address. */
export function createSideDoor(url: string): SideDoor {
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${url}${path}`, {
      method,
      signal: AbortSignal.timeout(ANSWER_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok)
      throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
    return response.json();
  };
  const tell = async (method: string, path: string, body?: unknown): Promise<void> => {
    await call(method, path, body);
  };
  return {
    health: async () => (await call('GET', '/rehearsal/health')) as Awaited<ReturnType<SideDoor['health']>>,
    stay: async () => tell('POST', '/rehearsal/stay'),
    stop: async () => tell('POST', '/rehearsal/stop'),
    reset: async () => tell('POST', '/moto-api/reset'),
    leftovers: async () =>
      (await call('GET', '/rehearsal/leftovers')) as Awaited<ReturnType<SideDoor['leftovers']>>,
    takeCalledActions: async () => (await call('POST', '/rehearsal/called-actions')) as string[],
    startSession: async (asked) =>
      (await call('POST', '/rehearsal/iam/sessions', asked)) as Awaited<ReturnType<SideDoor['startSession']>>,
    publishers: async () =>
      (await call('GET', '/rehearsal/iam/publishers')) as Awaited<ReturnType<SideDoor['publishers']>>,
    access: async () => (await call('POST', '/rehearsal/iam/uses')) as Access,
    networkChanges: async () => ((await call('GET', '/rehearsal/changes')) as { network: number }).network,
    rules: async () => (await call('GET', '/rehearsal/rules')) as Awaited<ReturnType<SideDoor['rules']>>,
    reportService: async (cluster, service, report) => {
      const answer = await call('PUT', `/rehearsal/ecs/services/${cluster}/${service}`, report);
      return (answer as { taken: boolean }).taken;
    },
    reportTask: async (cluster, task, report) =>
      tell('PUT', `/rehearsal/ecs/tasks/${cluster}/${task}`, report),
    forgetTask: async (cluster, task) => tell('DELETE', `/rehearsal/ecs/tasks/${cluster}/${task}`),
    reportTargetHealth: async (targetGroupArn, targets) =>
      tell('PUT', '/rehearsal/elbv2/target-health', { targetGroupArn, targets }),
  };
}
