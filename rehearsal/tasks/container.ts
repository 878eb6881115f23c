import type { ContainerLimits } from './container-limits.ts';

/** What a container gets beside its image. */
export interface ContainerOptions {
  name: string;
  /** Takes the place of the image's. */
  command: readonly string[] | undefined;
  env: Readonly<Record<string, string>>;
  /** The task's own address and the port that it listens on. */
  address: string;
  port: number;
  memoryMb: number;
  /** User, files and rights; a process of this machine has none of its own. */
  limits: ContainerLimits;
  /** The task's own folder: scratch files; removed with the task. */
  folder: string;
  logPath: string;
  onLine: (line: string) => void;
}

export interface ContainerEnd {
  exitCode: number;
  /** Only where something other than the program's own end needs saying. */
  reason?: string;
}

/** A container that runs. */
export interface Container {
  /** The process id of the program on this machine. */
  pid: number;
  ended: Promise<ContainerEnd>;
  signal: (signal: 'SIGTERM' | 'SIGKILL') => void;
  /** Looks inside cost so much that they may not come more often. */
  leastCheckIntervalMs?: number;
  /** Runs a health check's command inside; says whether it ended with 0 in time. */
  check: (command: readonly string[], shell: boolean, timeoutMs: number) => Promise<boolean>;
}
