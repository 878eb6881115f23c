import { CliError, EXIT } from '@lornu/ops/base/cli-error.ts';
import type { Emulator } from '../emulator/start-emulator.ts';

/** The error with which serving ends when one of its parts fails. */
export async function explainFailure(error: unknown, emulator: Emulator): Promise<unknown> {
  const explained = await explainGone(error, emulator);
  if (explained instanceof CliError) return explained;
  return new CliError({
    what: 'The rehearsal stopped serving.',
    why: reasonOf(error),
    next: 'Change what it names in terraform/aws/staging, apply again, then ./lornu rehearse serve.',
    cause: error,
  });
}

/** The error itself, unless its cause is that the emulator is gone. */
export async function explainGone(error: unknown, { sideDoor }: Emulator): Promise<unknown> {
  if (error instanceof CliError || (await isThere(sideDoor))) return error;
  return new CliError({
    what: 'The AWS emulator no longer answers.',
    why: reasonOf(error),
    next: './lornu rehearse apply starts from nothing.',
    exitCode: EXIT.machine,
    cause: error,
  });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function isThere(sideDoor: Emulator['sideDoor']): Promise<boolean> {
  try {
    await sideDoor.health();
    return true;
  } catch {
    return false;
  }
}

/** Only Linux has task addresses, and programs that end with this process. */
export function refuseOtherSystems(): void {
  if (process.platform === 'linux' && Bun.which('setpriv')) return;
  throw new CliError({
    what: 'Tasks run on Linux only.',
    why: 'Each task needs its own loopback address (127.x.y.z) and must end with its parent process (setpriv of util-linux); only Linux has both.',
    next: 'Run it on a Linux machine; ./lornu rehearse apply and plan work here too.',
    exitCode: EXIT.machine,
  });
}
