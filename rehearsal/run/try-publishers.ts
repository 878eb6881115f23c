import { CliError } from '@lornu/ops/base/cli-error.ts';
import type { SideDoor } from '../emulator/side-door.ts';

/**
 * AWS accepts an alarm whose topic refuses it, and nobody is ever notified; so each is tried after an apply. Returns
 * what was tried, as text; throws CliError with those that are refused.
 */
export async function tryPublishers(sideDoor: Pick<SideDoor, 'publishers'>): Promise<string> {
  const publishers = await sideDoor.publishers();
  const unheard = publishers.filter(({ missing }) => missing !== undefined);
  if (unheard.length === 0) return `${publishers.length} reach their topic`;
  throw new CliError({
    what: `${unheard.length} of ${publishers.length} alarms and budgets would not be heard.`,
    why: "The policy of the topic, or of the key that it is encrypted with, doesn't let the service publish.",
    next: 'Allow it in terraform/aws/staging: alarms.tf has the policy of the topic, observability.tf that of its key.',
    output: unheard.map(({ what, missing }) => `${what}: ${missing}`),
  });
}
