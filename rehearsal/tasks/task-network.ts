/** Gives tasks their network: a loopback address each, or a namespace in the applied VPC. */
export interface TaskNetwork {
  join: (task: JoiningTask) => Promise<TaskPlace>;
  /** The task has ended; nobody else gets its address. */
  leave: (taskId: string) => Promise<void>;
}

export interface JoiningTask {
  id: string;
  /** The port on which it will listen. */
  port: number;
  subnetId: string;
  groupIds: readonly string[];
  publicAddress: boolean;
}

/** Where a task is. */
export interface TaskPlace {
  address: string;
  /** Undefined where it shares the machine's network. */
  namespace?: TaskNamespace;
}

/** A network namespace: loopback, port numbers and resolver of its own. */
export interface TaskNamespace {
  /** Where podman opens it. */
  path: string;
  resolver: string;
  /** The command run inside; it ends with this process. */
  enter: (command: readonly string[]) => string[];
}
