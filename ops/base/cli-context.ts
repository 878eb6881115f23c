import type { Redactor } from './redact.ts';

/** Everything a command gets from its environment: built once by the command line, by hand in tests. */
export interface CliContext {
  /** The root of the checkout. */
  readonly root: string;
  /** The checkout's folder for files that can be downloaded or built again. */
  readonly cacheDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Writes results only, so that they can be piped. */
  readonly stdout: (text: string) => void;
  /** Writes progress, notes and failures. */
  readonly stderr: (text: string) => void;
  /** The terminal of stderr; undefined if it is not one. */
  readonly terminal: { columns: number; color: boolean } | undefined;
  readonly redact: Redactor;
  /** Aborted with an Interruption by the first SIGINT (Ctrl-C), SIGTERM or SIGHUP; a second one ends the process at once. */
  readonly signal: AbortSignal;
}
