import type { TaskPlan } from './task-definition.ts';
import type { TaskNamespace } from './task-network.ts';

/** What a task is, from its first moment on. */
export interface TaskSettings {
  id: string;
  plan: TaskPlan;
  deploymentId: string | undefined;
  /** service:NAME or family:NAME. */
  group: string;
  startedBy: string | undefined;
  address: string;
  /** Its own network; undefined where it shares the machine's. */
  namespace?: TaskNamespace;
  subnetId: string;
  zone: string;
  /** In the target group of the service. */
  balanced: boolean;
  command?: readonly string[];
  environment?: Readonly<Record<string, string>>;
}
