import { join } from 'node:path';
import type { CliContext } from '../base/cli-context.ts';
import { startChild, type Child } from '../process/child.ts';
import { tryCommand } from '../process/run-command.ts';
import { claimPort } from '../up/port.ts';
import { waitForHealth } from '../up/wait-for-health.ts';
import { splitRuntime, type Engine } from './engine.ts';

/** Time from SIGTERM to SIGKILL, as in the task definition. */
const STOP_TIMEOUT_MS = 120_000;
const START_MS = 90_000;

export interface RunOptions {
  engine: Engine;
  image: string;
  /** 0 takes a free port. */
  port: number;
  env: Readonly<Record<string, string>>;
  /** false mounts the root writable, to see which files are written. */
  readOnly?: boolean;
  onLine?: (line: string) => void;
}

export interface RunningContainer {
  name: string;
  url: string;
  /** The service's process on this machine; undefined if the engine may run it in a virtual machine. */
  pid: number | undefined;
  child: Child;
  /** From the engine's start to the first 200 of /health, in milliseconds. */
  startMs: number;
  /** Sends SIGTERM and waits. */
  stop: () => Promise<void>;
  /** Removes what a killed client may have left behind. */
  remove: () => Promise<void>;
}

type RunContext = Pick<CliContext, 'root' | 'cacheDir' | 'env' | 'redact' | 'signal'>;

/**
 * Runs an image with the task definition's limits: user nobody, no capabilities, a read-only root, 64 MB of memory at
 * /tmp. On the host's network, because outside staging the service only listens on loopback.
 */
export async function runImage(options: RunOptions, context: RunContext): Promise<RunningContainer> {
  const { engine, image, readOnly = true } = options;
  const port = await claimPort(options.port);
  const name = `lornu-${process.pid}-${port}`;
  const [runtime, limits] = splitRuntime(engine.runFlags);
  const env: Record<string, string> = { PORT: String(port), HOST: '127.0.0.1', ...options.env };
  const beganMs = performance.now();
  const child = await startChild({
    name: 'The container',
    command: [
      engine.path,
      ...runtime,
      'run',
      '--rm',
      `--name=${name}`,
      '--network=host',
      '--user=10001:10001',
      '--cap-drop=ALL',
      '--security-opt=no-new-privileges',
      '--tmpfs=/tmp:rw,noexec,nosuid,nodev,size=64m',
      ...(readOnly ? ['--read-only', ...(engine.kind === 'podman' ? ['--read-only-tmpfs=false'] : [])] : []),
      ...limits,
      // Keeps values out of the process list: the engine takes them from its own environment.
      ...Object.keys(env).map((key) => `--env=${key}`),
      image,
    ],
    cwd: context.root,
    env: { ...context.env, ...env },
    logPath: join(context.cacheDir, 'image', `${name}.log`),
    redact: context.redact,
    ...(options.onLine ? { onLine: options.onLine } : {}),
    stopWithinMs: STOP_TIMEOUT_MS,
  });
  const remove = async (): Promise<void> => void (await tryCommand([engine.path, 'rm', '--force', name]));
  const url = `http://127.0.0.1:${port}`;
  try {
    await waitForHealth(url, child, START_MS, context.signal);
  } catch (error) {
    await child.stop();
    await remove();
    throw error;
  }
  const startMs = performance.now() - beganMs;
  return { name, url, pid: await pidOf(engine, name), child, startMs, stop: child.stop, remove };
}

async function pidOf(engine: Engine, name: string): Promise<number | undefined> {
  if (engine.kind !== 'podman') return undefined;
  const { exitCode, stdout } = await tryCommand([engine.path, 'inspect', '--format={{.State.Pid}}', name]);
  return exitCode === 0 ? Number(stdout) || undefined : undefined;
}
