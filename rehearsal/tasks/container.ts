import type { ContainerLimits } from './container-limits.ts';
import type { TaskNamespace } from './task-network.ts';

/** Settings of a container besides its image. */
export interface ContainerOptions {
  name: string;
  /** Replaces the image's command. */
  command: readonly string[] | undefined;
  env: Readonly<Record<string, string>>;
  /** The task's own address and the port that it listens on. */
  address: string;
  port: number;
  /** The task's own network; undefined where it shares the machine's. */
  namespace?: TaskNamespace;
  memoryMb: number;
  /** User, files and permissions; not applied to a process of this machine. */
  limits: ContainerLimits;
  /** The task's own folder for scratch files; removed with the task. */
  folder: string;
  logPath: string;
  onLine: (line: string) => void;
}

export interface ContainerEnd {
  exitCode: number;
  /** Only set if there is a reason other than the program's own end. */
  reason?: string;
}

/** A running container. */
export interface Container {
  /** The process id of the program on this machine. */
  pid: number;
  ended: Promise<ContainerEnd>;
  signal: (signal: 'SIGTERM' | 'SIGKILL') => void;
  /** Shortest interval of health checks, if a check inside is costly. */
  leastCheckIntervalMs?: number;
  /** Runs a health check's command inside; returns whether it exited with 0 in time. */
  check: (command: readonly string[], shell: boolean, timeoutMs: number) => Promise<boolean>;
}

/** Inside a task 127.0.0.1 is the task's own; without a network namespace it has another loopback address here. */
export function toOwnAddress(
  text: string,
  { address, port, namespace }: Pick<ContainerOptions, 'address' | 'port' | 'namespace'>,
): string {
  if (namespace) return text;
  return text.replaceAll(new RegExp(`\\b(127\\.0\\.0\\.1|localhost):${port}\\b`, 'g'), `${address}:${port}`);
}
