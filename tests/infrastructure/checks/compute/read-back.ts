import type { Checks } from '../check.ts';
import { list } from '../facts.ts';
import { container } from './task.ts';

/**
 * Fields of a container definition that ECS fills in when it is read, and that the provider compares literally: it only
 * normalises the top level (internal/service/ecs/container_definitions.go, reduce). A field left out here differs in
 * every plan, and a task definition is immutable: it would be replaced, and the service deployed again.
 */
const FILLED: Readonly<Record<string, readonly string[]>> = {
  // https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LinuxParameters.html
  linuxParameters: ['capabilities', 'devices', 'initProcessEnabled', 'tmpfs'],
  // https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_KernelCapabilities.html
  'linuxParameters.capabilities': ['add', 'drop'],
  // https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Tmpfs.html
  'linuxParameters.tmpfs.0': ['containerPath', 'mountOptions', 'size'],
  // https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html
  healthCheck: ['command', 'interval', 'retries', 'startPeriod', 'timeout'],
  // https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PortMapping.html
  'portMappings.0': ['containerPort', 'hostPort', 'name', 'protocol'],
};

export const readBack: Checks = {
  // What ECS fills in by itself differs from what is written at every plan: the drift check never closes and each apply
  // deploys.
  'compute/written-as-read-back': ({ staging }, must) => {
    const one = container(staging);
    for (const [part, wanted] of Object.entries(FILLED)) {
      const written = one.keys(part);
      const left = wanted.filter((name) => !written.includes(name));
      must(left.length === 0, `${part} leaves out ${list(left)}, which ECS fills in.`);
    }
  },
};
