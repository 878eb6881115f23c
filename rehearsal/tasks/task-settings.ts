import type { TaskPlan } from './task-definition.ts';

/** What a task is, from its first moment on. */
export interface TaskSettings {
  id: string;
  plan: TaskPlan;
  deploymentId: string | undefined;
  /** service:NAME or family:NAME. */
  group: string;
  startedBy: string | undefined;
  address: string;
  zone: string;
  /** In the target group of the service. */
  balanced: boolean;
  command?: readonly string[];
  environment?: Readonly<Record<string, string>>;
}
