import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CliError } from '../base/cli-error.ts';
import { groupHasEnded, signalGroup, startGroup } from './process-group.ts';
import { readLines } from './run-command.ts';

const TAIL_LINES = 20;

export interface ChildOptions {
  /** Its name for messages, such as "the service". */
  name: string;
  command: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  /** All its output is written there, masked. */
  logPath: string;
  redact: (text: string) => string;
  onLine?: (line: string) => void;
  /** Time from SIGTERM to SIGKILL. */
  stopWithinMs: number;
}

/** A program that runs beside this process until it is stopped. */
export interface Child {
  readonly name: string;
  readonly pid: number;
  readonly logPath: string;
  /** Last lines of its output, masked. */
  readonly tail: readonly string[];
  /** How it ended, such as "ended with exit code 1"; never rejects. */
  readonly ended: Promise<string>;
  /** Asks it to stop and waits; a second call waits for the same end. */
  stop: () => Promise<void>;
}

/** Starts a program in its own process group: Ctrl-C only reaches this process, which then stops children in order. */
export async function startChild(options: ChildOptions): Promise<Child> {
  await mkdir(dirname(options.logPath), { recursive: true });
  const log = createWriteStream(options.logPath);
  const { name, command, cwd, env } = options;
  const child = startGroup(command, {
    name,
    cwd,
    env,
    // An open pipe: a child that reads it notices when this process is gone, for whatever reason.
    stdin: 'pipe',
    next: './lornu doctor shows what is missing.',
  });
  const tail: string[] = [];
  const take = (raw: string): void => {
    const line = options.redact(raw);
    tail.push(line);
    if (tail.length > TAIL_LINES) tail.shift();
    log.write(`${line}\n`);
    options.onLine?.(line);
  };
  const read = Promise.all([readLines(child.stdout, take), readLines(child.stderr, take)]);
  const ended = child.exited.then(async () => {
    await read.catch(() => undefined);
    groupHasEnded(child);
    await new Promise<void>((resolve) => void log.end(resolve));
    return child.signalCode ? `was ended by ${child.signalCode}` : `ended with exit code ${child.exitCode}`;
  });
  return {
    name,
    pid: child.pid,
    logPath: options.logPath,
    tail,
    ended,
    stop: async () => {
      signalGroup(child.pid, 'SIGTERM');
      const timer = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), options.stopWithinMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** The error when a program that should keep running has ended. */
export function childEnded(child: Child, how: string, command = 'the command'): CliError {
  return new CliError({
    what: `${child.name} ${how}.`,
    why: child.tail.length > 0 ? 'Its last lines are above.' : 'It printed nothing.',
    next: `Fix what it reports, then run ${command} again.`,
    output: child.tail,
    logPath: child.logPath,
  });
}
