import type { ContainerDefinition } from '@aws-sdk/client-ecs';

/** A task definition's settings for a container's user, files and permissions. */
export interface ContainerLimits {
  user: string | undefined;
  workingDirectory: string | undefined;
  readonlyRoot: boolean;
  /** A first process that forwards signals and reaps children. */
  init: boolean;
  capabilities: { add: string[]; drop: string[] };
  /** Folders in memory. */
  tmpfs: { path: string; sizeMb: number; options: string[] }[];
  ulimits: { name: string; soft: number; hard: number }[];
}

/** Settings that would change how the container runs, but are not supported here. */
const REFUSED = [
  'privileged',
  'systemControls',
  'extraHosts',
  'dnsServers',
  'dnsSearchDomains',
  'dockerSecurityOptions',
  'hostname',
  'links',
  'disableNetworking',
  'pseudoTerminal',
  'interactive',
] as const;
const REFUSED_OF_LINUX = ['devices', 'sharedMemorySize', 'maxSwap', 'swappiness'] as const;

/**
 * Reads them; throws for unsupported ones.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html (Linux parameters,
 * Security)
 */
export function readContainerLimits(container: ContainerDefinition): ContainerLimits {
  const { linuxParameters: linux = {} } = container;
  const refused = [
    ...REFUSED.filter((name) => isSaid(container[name])),
    ...REFUSED_OF_LINUX.filter((name) => isSaid(linux[name])),
  ];
  if (refused.length > 0) throw new Error(`${refused.join(', ')}: not rehearsed`);
  return {
    user: container.user || undefined,
    workingDirectory: container.workingDirectory || undefined,
    readonlyRoot: container.readonlyRootFilesystem ?? false,
    init: linux.initProcessEnabled ?? false,
    capabilities: { add: linux.capabilities?.add ?? [], drop: linux.capabilities?.drop ?? [] },
    tmpfs: (linux.tmpfs ?? []).map(({ containerPath = '', size = 0, mountOptions = [] }) => ({
      path: containerPath,
      sizeMb: size,
      options: mountOptions,
    })),
    ulimits: (container.ulimits ?? []).map(({ name = '', softLimit = 0, hardLimit = 0 }) => ({
      name,
      soft: softLimit,
      hard: hardLimit,
    })),
  };
}

function isSaid(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}
