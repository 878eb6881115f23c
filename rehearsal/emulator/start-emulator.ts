import { randomUUID } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CliError, EXIT } from '@lornu/ops/base/cli-error.ts';
import { whoListens } from '@lornu/ops/process/port-holder.ts';
import { signalGroup } from '@lornu/ops/process/process-group.ts';
import { createSideDoor, type SideDoor } from './side-door.ts';
import { isAlive } from '@lornu/ops/process/is-alive.ts';

const SERVER = join(import.meta.dir, '../aws/server.py');
/** Decides each call by IAM; the emulator starts and ends it. */
const DECISIONS = join(import.meta.dir, '../iam/serve-decisions.ts');
/** On a busy machine, the start has taken more than a minute. */
const START_MS = 180_000;
const STOP_MS = 5_000;

export interface EmulatorAddress {
  port: number;
  pid: number;
  /** Distinguishes this emulator from anything that may listen on its port later. */
  instance: string;
}

export interface Emulator extends EmulatorAddress {
  url: string;
  sideDoor: SideDoor;
  /** Stops it and waits until it has exited. */
  stop: () => Promise<void>;
}

/**
 * Starts the AWS emulator on a loopback port (0 takes a free one) and waits until it answers. It ends with this
 * process, for whatever reason; after sideDoor.stay() it ends when its folder is deleted.
 */
export async function startEmulator(options: {
  python: string;
  env: Readonly<Record<string, string | undefined>>;
  logPath: string;
  port?: number;
  signal?: AbortSignal;
}): Promise<Emulator> {
  const { port = 0, logPath } = options;
  const holder = port === 0 ? undefined : await whoListens(port);
  if (holder) {
    throw new CliError({
      what: `Port ${port} is taken.`,
      why: `${holder} listens on it.`,
      next: 'Choose another port with --port, or leave --port out to get a free one.',
      exitCode: EXIT.machine,
    });
  }
  // With the folder in it, the process list shows which rehearsal this one belongs to.
  const instance = `${dirname(logPath)}/${randomUUID()}`;
  const log = await open(logPath, 'w');
  const command = [options.python, SERVER, '--port', String(port), '--instance', instance];
  const child = Bun.spawn([...command, '--decide', process.execPath, DECISIONS], {
    // Only what Python needs: an emulator must not get real AWS credentials.
    env: { PATH: options.env['PATH'], PYTHONUNBUFFERED: '1', PYTHONDONTWRITEBYTECODE: '1' },
    stdin: 'pipe',
    stdout: log.fd,
    stderr: log.fd,
    detached: true,
  });
  child.unref();
  await log.close();
  const stop = async (): Promise<void> => {
    signalGroup(child.pid, 'SIGTERM');
    const timer = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), STOP_MS);
    await child.exited;
    clearTimeout(timer);
  };
  try {
    const opened = await waitForPort(
      logPath,
      () => child.exitCode !== null || options.signal?.aborted === true,
    );
    const url = `http://127.0.0.1:${opened}`;
    return { port: opened, pid: child.pid, instance, url, sideDoor: createSideDoor(url), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The emulator that an earlier command left running; undefined if it is gone. */
export async function findEmulator(address: EmulatorAddress): Promise<Emulator | undefined> {
  const url = `http://127.0.0.1:${address.port}`;
  const sideDoor = createSideDoor(url);
  const health = await sideDoor.health().catch(() => undefined);
  if (health?.instance !== address.instance) return undefined;
  const stop = async (): Promise<void> => {
    // It may be gone before its response is read; the check below decides.
    await sideDoor.stop().catch(() => undefined);
    const deadline = Date.now() + STOP_MS;
    while (Date.now() < deadline && isAlive(address.pid)) await Bun.sleep(50);
    if (isAlive(address.pid)) signalGroup(address.pid, 'SIGKILL');
  };
  return { ...address, url, sideDoor, stop };
}

async function waitForPort(logPath: string, given: () => boolean): Promise<number> {
  const deadline = Date.now() + START_MS;
  while (Date.now() < deadline && !given()) {
    const said = /^\{"port": (\d+)\}$/m.exec(await readFile(logPath, 'utf8'))?.[1];
    if (said) return Number(said);
    await Bun.sleep(50);
  }
  const lines = (await readFile(logPath, 'utf8')).trim().split('\n').slice(-15);
  throw new CliError({
    what: "The AWS emulator doesn't start.",
    why: given() ? 'It exited before it listened.' : `It did not listen within ${START_MS / 1000} s.`,
    next: 'Read the lines above; ./lornu doctor shows what this machine lacks.',
    output: lines,
    exitCode: EXIT.machine,
  });
}
