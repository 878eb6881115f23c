import { join } from 'node:path';
import { CliError } from '../base/cli-error.ts';
import { type Child, startChild } from '../process/child.ts';
import { claimPort } from '../up/port.ts';

/** A server of this project as a separate process, for suites and benchmarks. */
export interface Server {
  url: string;
  pid: number;
  /** From the start of the process to the first 200 of /health, in milliseconds. */
  startMs: number;
  /** Its last lines of output, for error messages. */
  tail: readonly string[];
  stop: () => Promise<void>;
}

export interface ServerOptions {
  name: string;
  command: readonly string[];
  cwd: string;
  /** The only variables besides PATH, HOME and PORT: no other settings of this machine are passed on. */
  env: Readonly<Record<string, string>>;
  /** Folder for its log. */
  scratchDir: string;
}

const START_WITHIN_MS = 90_000;
const STOP_WITHIN_MS = 10_000;
/** Short, because the time to the first response is measured. */
const ASK_EVERY_MS = 5;

/** Starts a server on a free port, set by PORT; resolves when /health answers 200. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const port = await claimPort(0);
  const url = `http://127.0.0.1:${port}`;
  const beganAt = performance.now();
  const child: Child = await startChild({
    ...options,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...options.env, PORT: `${port}` },
    logPath: join(options.scratchDir, `${options.name.replaceAll(/\W+/g, '-')}.log`),
    redact: (text) => text,
    stopWithinMs: STOP_WITHIN_MS,
  });
  try {
    await untilHealthy(url, child);
  } catch (error) {
    await child.stop();
    throw error;
  }
  return { url, pid: child.pid, startMs: performance.now() - beganAt, tail: child.tail, stop: child.stop };
}

async function untilHealthy(url: string, child: Child): Promise<void> {
  const deadline = performance.now() + START_WITHIN_MS;
  const ending: { how?: string } = {};
  void child.ended.then((how) => (ending.how = how));
  while (performance.now() < deadline && ending.how === undefined) {
    const answer = await fetch(`${url}/health`).catch(() => undefined);
    if (answer?.ok) return;
    await Bun.sleep(ASK_EVERY_MS);
  }
  throw new CliError({
    what: `${child.name} ${ending.how ?? 'does not answer'}.`,
    why:
      ending.how === undefined
        ? `No 200 from /health in ${START_WITHIN_MS / 1_000} s.`
        : 'Its last lines are above.',
    next: 'Fix what these lines say, then run the command again.',
    output: child.tail,
    // A failing suite prints the cause, and not the output.
    cause: new Error(child.tail.join('\n')),
  });
}
