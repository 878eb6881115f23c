/**
 * Wraps a command so that it is killed when this process ends, however that happens; for programs that do not watch
 * their stdin. Uses the parent-death signal of Linux, set by setpriv (util-linux), which then becomes the program;
 * elsewhere returns the command unchanged.
 */
export function endingWithParent(command: readonly string[]): string[] {
  if (process.platform !== 'linux' || !Bun.which('setpriv')) return [...command];
  return ['setpriv', '--pdeathsig', 'KILL', ...command];
}
