import { CliError } from '../base/cli-error.ts';
import type { Child } from '../process/child.ts';

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
