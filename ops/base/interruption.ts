import { EXIT, type ExitCode } from './cli-error.ts';

/** The signals that end a command, each with the exit code that shells give it: 128 and its number. */
const CODES = { SIGHUP: EXIT.hungUp, SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated } as const;

export type InterruptingSignal = keyof typeof CODES;
export const INTERRUPTING_SIGNALS = Object.keys(CODES) as InterruptingSignal[];

/** Why `CliContext.signal` is aborted. */
export class Interruption extends Error {
  readonly exitCode: ExitCode;

  constructor(by: InterruptingSignal) {
    super(by === 'SIGINT' ? 'Interrupted.' : `Interrupted by ${by}.`);
    this.name = 'AbortError';
    this.exitCode = CODES[by];
  }
}

/** The interruption of a command; that of Ctrl-C if the signal was aborted without a reason of ours. */
export function interruptionOf({ reason }: AbortSignal): Interruption {
  return reason instanceof Interruption ? reason : new Interruption('SIGINT');
}
