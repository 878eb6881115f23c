import { CliError, EXIT } from '../base/cli-error.ts';

/** What a run of the setup has done so far. */
export interface Progress {
  /** The changes that were made, as `Change.does`. */
  changed: string[];
  /** The change that was begun and has not ended. */
  begun?: string | undefined;
}

/** The error that says what an interrupted setup has done, what goes on, and what to do next. */
export function interrupted({ changed, begun }: Progress, looked: number, steps: number): CliError {
  const why = [
    ...(changed.length > 0 ? [`Done: ${changed.join('; ')}.`] : []),
    ...(begun === undefined ? [] : [`Perhaps done: ${begun}.`]),
  ];
  return new CliError({
    what: `The setup was interrupted after ${looked} of ${steps} steps.`,
    why: why.join(' ') || 'Nothing was changed.',
    next: 'Run the same command again: it does what is left. Until then nothing goes on, except a workflow that was started at GitHub (gh run list).',
    exitCode: EXIT.interrupted,
  });
}
