import type { ContainerDefinition } from '@aws-sdk/client-ecs';
import type { BuiltImages } from '@lornu/ops/image/build-image.ts';
import { tryCommand } from '@lornu/ops/process/run-command.ts';
import { leaveWill } from '@lornu/rehearsal/containers/left-behind.ts';
import { startPodmanContainer, type ContainerImage } from '@lornu/rehearsal/containers/podman-container.ts';
import type { MachineLimits } from '@lornu/rehearsal/containers/limit-flags.ts';
import { openPodman, ownName, OWNER_LABEL, tryMachine } from '@lornu/rehearsal/containers/podman.ts';
import type { Container } from '@lornu/rehearsal/tasks/container.ts';
import { TaskAddresses } from '@lornu/rehearsal/tasks/task-address.ts';
import { readTaskDefinition, type TaskPlan } from '@lornu/rehearsal/tasks/task-definition.ts';
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The part of terraform/aws/staging's task definition that says how the container runs. */
export function planOf(about: Partial<ContainerDefinition> = {}, memory = '1024'): TaskPlan {
  return readTaskDefinition({
    family: 'agent',
    revision: 1,
    memory,
    containerDefinitions: [
      {
        name: 'agent',
        image: 'agent',
        portMappings: [{ containerPort: 8080 }],
        user: '10001:10001',
        readonlyRootFilesystem: true,
        linuxParameters: {
          initProcessEnabled: true,
          capabilities: { drop: ['ALL'] },
          tmpfs: [{ containerPath: '/tmp', size: 64, mountOptions: ['rw', 'noexec', 'nosuid', 'nodev'] }],
        },
        ulimits: [{ name: 'nofile', softLimit: 65_535, hardLimit: 65_535 }],
        ...about,
      },
    ],
  });
}

export interface StartedTask {
  container: Container;
  url: string;
  lines: string[];
}

export interface TaskStarter {
  image: ContainerImage;
  /** `machine` overrides the detected capabilities of this machine. */
  start: (
    plan: TaskPlan,
    env?: Readonly<Record<string, string>>,
    machine?: Partial<MachineLimits>,
  ) => Promise<StartedTask>;
  /** Names of this owner's containers. */
  containers: () => Promise<string[]>;
  end: () => Promise<void>;
}

/** Starts containers of an image as the task runner does, from a task definition, with files in the folder. */
export async function openTaskStarter(
  image: string,
  engine: BuiltImages['engine'],
  folder: string,
): Promise<TaskStarter> {
  const podman = openPodman(engine, process.env);
  const machine = await tryMachine(podman, image, ['bun', '--version'], new AbortController().signal);
  const owner = await ownName();
  const will = leaveWill(podman, owner);
  const addresses = new TaskAddresses(process.pid);
  const from: ContainerImage = { podman, machine, image, owner, files: {} };
  return {
    image: from,
    start: async (plan, env = {}, about = {}) => {
      const id = randomUUID();
      const { port, command, limits } = plan.container;
      const address = await addresses.take(port);
      const lines: string[] = [];
      await mkdir(join(folder, id), { recursive: true });
      const container = await startPodmanContainer(
        { ...from, machine: { ...machine, ...about } },
        {
          name: `agent of task ${id}`,
          command,
          env: { PORT: String(port), HOST: address, LORNU_LISTEN_HOST: address, ...env },
          address,
          port,
          memoryMb: plan.memoryMb,
          limits,
          folder: join(folder, id),
          logPath: join(folder, `${id}.log`),
          onLine: (line) => lines.push(line),
        },
      );
      return { container, url: `http://${address}:${port}`, lines };
    },
    containers: async () => containersOf(engine.path, owner),
    end: async () => will.execute(),
  };
}

export async function containersOf(program: string, owner: string): Promise<string[]> {
  const filter = ['--filter', `label=${OWNER_LABEL}=${owner}`, '--format', '{{.Names}}'];
  return (await tryCommand([program, 'ps', '--all', ...filter])).stdout.split('\n').filter(Boolean);
}

export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  said: readonly string[] = [],
): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error([`never ${what}`, ...said].join('\n'));
    await Bun.sleep(20);
  }
}
