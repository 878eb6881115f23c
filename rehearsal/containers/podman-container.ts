import { createWriteStream } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { endingWithParent } from '@lornu/ops/process/ending-with-parent.ts';
import { readLines } from '@lornu/ops/process/run-command.ts';
import {
  type Container,
  type ContainerEnd,
  type ContainerOptions,
  toOwnAddress,
} from '../tasks/container.ts';
import { outOfMemory, watchMemory } from '../tasks/watch-memory.ts';
import { limitFlags, type MachineLimits } from './limit-flags.ts';
import { OWN_NAMES, type Podman, OWNER_LABEL } from './podman.ts';

/** An image in podman's store, and how its containers run on this machine. */
export interface ContainerImage {
  podman: Podman;
  machine: MachineLimits;
  /** Its id. */
  image: string;
  /** From ownName. */
  owner: string;
  /** Files of this machine that a container may read: their path here, and their path inside. */
  files: Readonly<Record<string, string>>;
}

const CREATE_MS = 60_000;
const KILL_MS = 30_000;
const LOOK_MS = 10;
/** Each check costs 0.1 s of CPU: podman, its monitor and the runtime must start. */
const LEAST_CHECK_INTERVAL_MS = 3_000;
const KILLED = 137;

/**
 * Runs an image as a container with the limits of its task definition, on this machine's network: with its own files,
 * user and permissions, and a memory limit by the kernel if possible. podman's client runs in the foreground and ends
 * with this process; the container ends through leaveWill. Rejects with ECS's message if it does not start.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
 */
export async function startPodmanContainer(
  from: ContainerImage,
  options: ContainerOptions,
): Promise<Container> {
  const { podman, machine } = from;
  const name = `lornu-${options.name.replaceAll(/[^\w.-]+/g, '-')}`;
  const pidFile = join(options.folder, 'pid');
  await create(from, options, name, pidFile);
  const remove = async (): Promise<void> =>
    void (await podman.call(['rm', '--force', '--time', '0', '--ignore', name]));

  const log = createWriteStream(options.logPath, { flags: 'a' });
  let said = '';
  const take = (line: string): void => {
    said = line;
    log.write(`${line}\n`);
    options.onLine(line);
  };
  const client = Bun.spawn(
    endingWithParent(podman.command(['start', '--attach', '--sig-proxy=false', name])),
    { cwd: options.folder, env: podman.env, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe', detached: true },
  );
  const read = Promise.all([readLines(client.stdout, take), readLines(client.stderr, take)]);
  const firstPid = await firstProcess(pidFile, client);
  if (firstPid === undefined) {
    await read;
    await remove();
    throw new Error(`CannotStartContainerError: ${said || 'podman gave no reason'}`);
  }
  const pid =
    options.limits.init && machine.init ? ((await childOf(firstPid, client)) ?? firstPid) : firstPid;

  let isOver = false;
  let isKilled = false;
  let reason: string | undefined;
  const kill = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    if (isOver) return;
    if (signal === 'SIGKILL') isKilled = true;
    const { exitCode } = await podman.call(['kill', '--signal', signal.slice(3), name], {
      timeoutMs: KILL_MS,
    });
    // Do not depend on podman to end it.
    if (exitCode !== 0 && !isOver && signal === 'SIGKILL') killProcess(firstPid);
  };
  const endWatch = machine.memory
    ? () => {}
    : watchMemory(pid, options.memoryMb, (usedMb) => {
        reason = outOfMemory(options.memoryMb, usedMb);
        void kill('SIGKILL');
      });
  const ended = client.exited.then(async (): Promise<ContainerEnd> => {
    endWatch();
    await read.catch(() => undefined);
    const exitCode = await exitCodeOf(podman, name, client);
    isOver = true;
    if (
      exitCode === KILLED &&
      !isKilled &&
      machine.memory &&
      (await wasOutOfMemory(podman, name, options.folder))
    )
      reason = outOfMemory(options.memoryMb);
    await remove();
    await new Promise<void>((resolve) => void log.end(resolve));
    return { exitCode, ...(reason ? { reason } : {}) };
  });
  return {
    pid,
    ended,
    signal: (signal) => void kill(signal),
    leastCheckIntervalMs: LEAST_CHECK_INTERVAL_MS,
    check: async (command, shell, timeoutMs) => {
      const ownAddress = command.map((part) => toOwnAddress(part, options));
      const inside = shell ? ['/bin/sh', '-c', ownAddress.join(' ')] : ownAddress;
      const { exitCode } = await podman.call(['exec', name, ...inside], { cwd: options.folder, timeoutMs });
      return exitCode === 0;
    },
  };
}

/** Creates the container without starting it. */
async function create(
  { podman, machine, image, owner, files }: ContainerImage,
  options: ContainerOptions,
  name: string,
  pidFile: string,
): Promise<void> {
  const own = new Set(OWN_NAMES);
  await rm(pidFile, { force: true });
  const made = await podman.call(
    [
      'create',
      `--name=${name}`,
      `--label=${OWNER_LABEL}=${owner}`,
      `--pidfile=${pidFile}`,
      '--pull=never',
      ...(options.namespace
        ? [`--network=ns:${options.namespace.path}`, `--dns=${options.namespace.resolver}`]
        : ['--network=host']),
      '--http-proxy=false',
      // The lines come through the client; nobody needs a second copy on disk.
      '--log-driver=none',
      ...limitFlags(options.limits, options.memoryMb, machine),
      ...Object.entries(files).map(([here, inside]) => `--volume=${here}:${inside}:ro`),
      // Keeps values out of the process list: podman takes them from its own environment.
      ...Object.entries(options.env).map(([key, value]) =>
        own.has(key) ? `--env=${key}=${value}` : `--env=${key}`,
      ),
      image,
      ...(options.command ?? []),
    ],
    { env: { ...options.env, ...podman.env }, timeoutMs: CREATE_MS },
  );
  if (made.exitCode !== 0)
    throw new Error(`CannotCreateContainerError: ${made.tail.at(-1) ?? 'podman gave no reason'}`);
}

type Client = Pick<Bun.Subprocess, 'exitCode' | 'signalCode'>;

/** The container's first process, as its monitor recorded it; undefined if there never was one. */
async function firstProcess(pidFile: string, client: Client): Promise<number | undefined> {
  for (;;) {
    const hasEnded = client.exitCode !== null || client.signalCode !== null;
    const text = await readFile(pidFile, 'utf8').catch(() => '');
    if (/^\d+$/.test(text.trim())) return Number(text);
    if (hasEnded) return undefined;
    await Bun.sleep(LOOK_MS);
  }
}

/** The program that the first process has started; undefined if it has already ended. */
async function childOf(pid: number, client: Client): Promise<number | undefined> {
  while (client.exitCode === null && client.signalCode === null) {
    const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    const [child] = text.trim().split(' ');
    if (child) return Number(child);
    await Bun.sleep(LOOK_MS);
  }
  return undefined;
}

/** The client exits with the container's exit code; if the client itself was killed, podman knows it. */
async function exitCodeOf(podman: Podman, name: string, client: Client): Promise<number> {
  if (client.signalCode === null && client.exitCode !== null) return client.exitCode;
  await podman.call(['kill', name]);
  const { stdout } = await podman.call(['wait', name], { timeoutMs: KILL_MS });
  return /^\d+$/.test(stdout.trim()) ? Number(stdout) : KILLED;
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Already gone.
  }
}

/**
 * Whether the kernel killed a container's program because of its memory. Asks podman; its monitor also writes a file in
 * the folder where podman was started, which podman 4 does not find under cgroup v1.
 */
async function wasOutOfMemory(podman: Podman, name: string, startedIn: string): Promise<boolean> {
  if (await Bun.file(join(startedIn, 'oom')).exists()) return true;
  const { stdout } = await podman.call(['inspect', '--format', '{{.State.OOMKilled}}', name]);
  return stdout.trim() === 'true';
}
