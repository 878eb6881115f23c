import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import { ensureTools } from '@lornu/ops/setup/ensure-tools.ts';
import type { Emit } from '@lornu/ops/steps/step-events.ts';
import { refuseOtherSystems } from './explain-failure.ts';

/**
 * Checks the programs that serving needs before anything is applied: installs them if allowed, otherwise throws an
 * error with the command.
 */
export async function requireTools(
  context: Pick<CliContext, 'cacheDir' | 'env' | 'signal'> & { emit: Emit },
  inVpc: boolean,
): Promise<void> {
  refuseOtherSystems();
  await ensureTools(
    ['haproxy', 'fake-gcs-server', ...(inVpc ? (['dnsmasq'] as const) : [])],
    context,
    context.emit,
  );
}
