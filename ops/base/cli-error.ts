/** Exit codes of every command; `lornu --help` prints the same table. */
export const EXIT = {
  ok: 0,
  /** The command ran and the result is negative: a failing test, a missing requirement. */
  failed: 1,
  /** Unknown command or flag, or an invalid value. */
  usage: 2,
  /** This machine lacks something: a tool, a port, the network, disk space. */
  machine: 3,
  /** A bug of ours. */
  bug: 70,
  /** Ended by SIGHUP, as when its terminal is closed. */
  hungUp: 129,
  /** Ended by SIGINT: Ctrl-C. */
  interrupted: 130,
  /** Ended by SIGTERM. */
  terminated: 143,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export interface CliErrorParts {
  /** What failed, one sentence. */
  what: string;
  /** The reason, as far as it is known; one sentence. */
  why: string;
  /** What to do now; a command if there is one. */
  next: string;
  exitCode?: ExitCode;
  /** The last lines of the failing program's output. */
  output?: readonly string[];
  /** Path of the complete log. */
  logPath?: string;
  cause?: unknown;
}

/** An expected failure: printed as what, why and next, never with a stack. Any other error is a bug. */
export class CliError extends Error {
  readonly parts: CliErrorParts;

  constructor(parts: CliErrorParts) {
    super(parts.what, { cause: parts.cause });
    this.name = 'CliError';
    this.parts = parts;
  }

  get exitCode(): ExitCode {
    return this.parts.exitCode ?? EXIT.failed;
  }
}

/** An error in one line: what and why of a CliError, else its message. */
export function inOneLine(error: unknown): string {
  if (error instanceof CliError) return `${error.parts.what} ${error.parts.why}`;
  return error instanceof Error ? error.message : JSON.stringify(error);
}

/** The text that a person reads at the end of a failed command. */
export function renderCliError({ parts }: CliError): string {
  const lines = [''];
  if (parts.output?.length) lines.push(...parts.output.map((line) => `  | ${line}`), '');
  lines.push(parts.what, `  why:  ${parts.why}`, `  next: ${parts.next}`);
  if (parts.logPath) lines.push(`  log:  ${parts.logPath}`);
  return `${lines.join('\n')}\n`;
}

const NOT_ALLOWED = {
  why: 'It is owned by another user, or the file system is read-only.',
  next: 'Run it as the owner of the checkout, or become its owner: sudo chown -R "$USER" . in its folder.',
};
const FULL = {
  why: 'The disk is full, or your quota is used up.',
  next: 'Free some space, then run the same command again.',
};
const EXPLAINED: Record<string, { why: string; next: string }> = {
  EACCES: NOT_ALLOWED,
  EPERM: NOT_ALLOWED,
  EROFS: NOT_ALLOWED,
  ENOSPC: FULL,
  EDQUOT: FULL,
};

/** Converts a file system error to a sentence; undefined for any other error. */
export function explainSystemError(error: unknown): CliError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, path } = error as NodeJS.ErrnoException;
  const explained = EXPLAINED[code ?? ''];
  if (!explained || path === undefined) return undefined;
  return new CliError({
    what: `${path} can't be used.`,
    ...explained,
    exitCode: EXIT.machine,
    cause: error,
  });
}
