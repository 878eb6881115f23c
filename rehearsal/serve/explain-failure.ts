import { CliError, EXIT } from '@lornu/ops/base/cli-error.ts';
import type { Emulator } from '../emulator/start-emulator.ts';

/** What ends the serving when a part of it fails in its work. */
export async function explainFailure(error: unknown, emulator: Emulator): Promise<unknown> {
  const explained = await explainGone(error, emulator);
  if (explained instanceof CliError) return explained;
  return new CliError({
    what: 'The rehearsal cannot go on serving.',
    why: reasonOf(error),
    next: 'Change what it names in terraform/aws/staging, apply again, then ./lornu rehearse serve.',
    cause: error,
  });
}

/** The error itself, unless it came about because the emulator is gone. */
export async function explainGone(error: unknown, { sideDoor }: Emulator): Promise<unknown> {
  if (error instanceof CliError || (await isThere(sideDoor))) return error;
  return new CliError({
    what: 'The emulator of AWS does not answer any more.',
    why: reasonOf(error),
    next: './lornu rehearse apply begins anew.',
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

/** Addresses of tasks and their end with this process are Linux's. */
export function refuseOtherSystems(): void {
  if (process.platform === 'linux' && Bun.which('setpriv')) return;
  throw new CliError({
    what: 'Tasks can be run on Linux only.',
    why: 'Each needs a loopback address of its own (127.x.y.z) and an end with its parent, which Linux alone gives (util-linux: setpriv).',
    next: 'Run it on a Linux machine; ./lornu rehearse apply and plan work here too.',
    exitCode: EXIT.machine,
  });
}
