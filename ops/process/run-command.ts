import { CliError } from '../base/cli-error.ts';
import { groupHasEnded, signalGroup, startGroup } from './process-group.ts';

const TAIL_LINES = 20;

export interface CommandOptions {
  cwd?: string;
  env?: Readonly<Record<string, string | undefined>>;
  /** After this time it is stopped as `stop` says. */
  timeoutMs?: number;
  /**
   * The stop signal, and the time until SIGKILL; default: SIGTERM and 5 s. A second Ctrl-C sends a given one again, and
   * kills the others.
   */
  stop?: { signal: NodeJS.Signals; withinMs: number };
  signal?: AbortSignal;
  /** Called for each line of stdout and stderr. */
  onLine?: (line: string) => void;
  stdin?: string;
}

export interface CommandResult {
  /** Undefined if a signal ended it. */
  exitCode: number | undefined;
  signal: string | undefined;
  timedOut: boolean;
  stdout: string;
  /** Last lines of stdout and stderr, in order of arrival. */
  tail: string[];
  elapsedMs: number;
  /** CPU time of the program and the children that it waited for, in milliseconds. */
  cpuMs: number;
}

/**
 * Runs a program in its own process group, so that a timeout or abort ends its children too. Throws CliError only if it
 * can't be started; the caller judges the exit code.
 */
export async function tryCommand(
  command: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const beganMs = performance.now();
  const child = startGroup(command, {
    ...options,
    stdin: options.stdin === undefined ? 'ignore' : new Blob([options.stdin]),
    lastSignal: options.stop?.signal,
    name: String(command[0]),
    next: './lornu doctor shows which tools are installed and how to get the others.',
  });
  let timedOut = false;
  let killing: Timer | undefined;
  const end = (): void => {
    const { signal, withinMs } = options.stop ?? { signal: 'SIGTERM', withinMs: 5_000 };
    signalGroup(child.pid, signal);
    killing ??= setTimeout(() => signalGroup(child.pid, 'SIGKILL'), withinMs);
  };
  const timer =
    options.timeoutMs === undefined
      ? undefined
      : setTimeout(() => ((timedOut = true), end()), options.timeoutMs);
  options.signal?.addEventListener('abort', end, { once: true });
  if (options.signal?.aborted) end();

  const tail: string[] = [];
  const take = (line: string): void => {
    tail.push(line);
    if (tail.length > TAIL_LINES) tail.shift();
    options.onLine?.(line);
  };
  try {
    const [stdout] = await Promise.all([
      readLines(child.stdout, take),
      readLines(child.stderr, take),
      child.exited,
    ]);
    return {
      exitCode: child.signalCode ? undefined : (child.exitCode ?? undefined),
      signal: child.signalCode === null ? undefined : String(child.signalCode),
      timedOut,
      stdout,
      tail,
      elapsedMs: performance.now() - beganMs,
      cpuMs: Number(child.resourceUsage()?.cpuTime.total ?? 0) / 1_000,
    };
  } finally {
    groupHasEnded(child);
    clearTimeout(timer);
    clearTimeout(killing);
    options.signal?.removeEventListener('abort', end);
  }
}

/** Like tryCommand, but any exit code except 0 throws CliError with command, reason and last lines. */
export async function runCommand(
  command: readonly string[],
  options: CommandOptions & { what?: string; next?: string } = {},
): Promise<CommandResult> {
  const result = await tryCommand(command, options);
  if (result.exitCode === 0) return result;
  throw new CliError({
    what: options.what ?? `${command[0]} failed.`,
    why: `"${command.join(' ')}" ${describeEnd(result, options)}.`,
    next: options.next ?? 'Fix what the lines above report, then run the same command again.',
    output: result.tail,
  });
}

/** "ended with exit code 2", "was ended by SIGKILL", "took longer than 30 s". */
export function describeEnd(result: CommandResult, options: Pick<CommandOptions, 'timeoutMs'> = {}): string {
  if (result.timedOut) return `took longer than ${(options.timeoutMs ?? 0) / 1000} s`;
  return result.signal ? `was ended by ${result.signal}` : `ended with exit code ${result.exitCode}`;
}

/** Reads a stream to its end, line by line, and returns all of it. */
export async function readLines(
  stream: ReadableStream<Uint8Array>,
  onLine: (line: string) => void,
): Promise<string> {
  const decoder = new TextDecoder();
  let all = '';
  let rest = '';
  for await (const chunk of stream) {
    const text = decoder.decode(chunk, { stream: true });
    all += text;
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line.replace(/\r$/, ''));
  }
  if (rest) onLine(rest);
  return all;
}
