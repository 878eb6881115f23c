/**
 * The command, killed when this process ends, however that ends: for programs that do not watch their stdin. It is the
 * parent-death signal of Linux, set by setpriv (util-linux), which then becomes the program; elsewhere the command alone.
 */
export function endingWithParent(command: readonly string[]): string[] {
  if (process.platform !== 'linux' || !Bun.which('setpriv')) return [...command];
  return ['setpriv', '--pdeathsig', 'KILL', ...command];
}
