import type { Redactor } from './redact.ts';

/** Everything a command gets from outside: built once by the command line, by hand in tests. */
export interface CliContext {
  /** The root of the checkout. */
  readonly root: string;
  /** The checkout's folder for what can be fetched or built again. */
  readonly cacheDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Results only, so that they can be piped. */
  readonly stdout: (text: string) => void;
  /** Progress, notes and failures. */
  readonly stderr: (text: string) => void;
  /** How stderr may be drawn: undefined where it is not a terminal. */
  readonly terminal: { columns: number; color: boolean } | undefined;
  readonly redact: Redactor;
  /** Aborted by the first Ctrl-C or SIGTERM; the second one ends the process at once. */
  readonly signal: AbortSignal;
}
