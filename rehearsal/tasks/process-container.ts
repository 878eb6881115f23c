import { createWriteStream, statSync } from 'node:fs';
import { endingWithParent } from '@lornu/ops/process/ending-with-parent.ts';
import { signalGroup } from '@lornu/ops/process/process-group.ts';
import { readLines, tryCommand } from '@lornu/ops/process/run-command.ts';
import { type Container, type ContainerEnd, type ContainerOptions, toOwnAddress } from './container.ts';
import { outOfMemory, watchMemory } from './watch-memory.ts';

/** An image without its files: its command and environment, run in a folder with the image's contents. */
export interface ProcessImage {
  /** Command and environment of the image, as its Dockerfile says. */
  command: readonly string[];
  env: Readonly<Record<string, string>>;
  /** Has the contents of the image's working folder. */
  folder: string;
  /** Where its programs are. */
  path: readonly string[];
}

/**
 * Runs an image's own command as a process of this machine: with its own address, its own scratch folder instead of
 * /tmp, and a memory limit enforced by polling. It shares user, files and network with the machine. Ends when this
 * process ends, for whatever reason.
 */
export function startProcessContainer(image: ProcessImage, options: ContainerOptions): Container {
  const env = { ...image.env, ...options.env };
  // The image's own folder and files of this machine may lie in /tmp here; on AWS they never do.
  const isHere = (value: string): boolean =>
    value.startsWith(image.folder) || statSync(value, { throwIfNoEntry: false })?.isFile() === true;
  const scratch = (value: string): string =>
    !value.startsWith('/tmp') || isHere(value) ? value : value.replace(/^\/tmp(?=\/|$)/, options.folder);
  const given: Record<string, string> = {
    ...Object.fromEntries(Object.entries(env).map(([name, value]) => [name, scratch(value)])),
    PATH: [...image.path, '/usr/bin', '/bin'].join(':'),
    TMPDIR: options.folder,
  };
  const log = createWriteStream(options.logPath, { flags: 'a' });
  const enter = options.namespace?.enter ?? endingWithParent;
  const child = Bun.spawn(enter(options.command ?? image.command), {
    cwd: image.folder,
    env: given,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    detached: true,
  });
  const take = (line: string): void => {
    log.write(`${line}\n`);
    options.onLine(line);
  };
  const read = Promise.all([readLines(child.stdout, take), readLines(child.stderr, take)]);
  let reason: string | undefined;
  const endWatch = watchMemory(child.pid, options.memoryMb, (usedMb) => {
    reason = outOfMemory(options.memoryMb, usedMb);
    signalGroup(child.pid, 'SIGKILL');
  });
  const ended = child.exited.then(async (): Promise<ContainerEnd> => {
    endWatch();
    // Remaining children would keep port and memory.
    signalGroup(child.pid, 'SIGKILL');
    await read.catch(() => undefined);
    await new Promise<void>((resolve) => void log.end(resolve));
    return { exitCode: exitCodeOf(child), ...(reason ? { reason } : {}) };
  });
  return {
    pid: child.pid,
    ended,
    signal: (signal) => signalGroup(child.pid, signal),
    check: async (command, shell, timeoutMs) => {
      const ownAddress = command.map((part) => toOwnAddress(part, options));
      const inside = shell ? ['sh', '-c', ownAddress.join(' ')] : ownAddress;
      const { exitCode } = await tryCommand(enter(inside), {
        cwd: image.folder,
        env: given,
        timeoutMs,
      });
      return exitCode === 0;
    },
  };
}

/** As shells and Docker do: 128 plus the signal's number. */
function exitCodeOf(child: { exitCode: number | null; signalCode: NodeJS.Signals | number | null }): number {
  if (child.signalCode === 'SIGKILL') return 137;
  if (child.signalCode === 'SIGTERM') return 143;
  return child.exitCode ?? 255;
}
