import type { ContainerOptions } from './container.ts';

/** Inside a task 127.0.0.1 is the task's own; without a network namespace it has another loopback address here. */
export function toOwnAddress(
  text: string,
  { address, port, namespace }: Pick<ContainerOptions, 'address' | 'port' | 'namespace'>,
): string {
  if (namespace) return text;
  return text.replaceAll(new RegExp(`\\b(127\\.0\\.0\\.1|localhost):${port}\\b`, 'g'), `${address}:${port}`);
}
