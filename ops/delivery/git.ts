import { CliError, EXIT } from '../base/cli-error.ts';
import { tryCommand } from '../process/run-command.ts';
import type { DeliveryContext } from './delivery-context.ts';

export interface Checkout {
  /** 40 hexadecimal digits. */
  commit: string;
  /** Files that differ from the commit, and untracked files. */
  changed: string[];
}

/** The checked-out commit, and what differs from it. */
export async function readCheckout({ root, env }: Pick<DeliveryContext, 'root' | 'env'>): Promise<Checkout> {
  const head = await tryCommand(['git', '-C', root, 'rev-parse', 'HEAD'], { env });
  if (head.exitCode !== 0) {
    throw new CliError({
      what: 'The commit cannot be determined.',
      why: `git answers: ${head.tail.at(-1) ?? 'nothing'}.`,
      next: 'Run it in a git checkout of the project; a plan is bound to its commit.',
      exitCode: EXIT.machine,
    });
  }
  const status = await tryCommand(['git', '-C', root, 'status', '--porcelain'], { env });
  return { commit: head.stdout.trim(), changed: status.stdout.split('\n').filter(Boolean) };
}

/** The name of a commit in images, tags and /version. */
export function toRevision(commit: string): string {
  return commit.slice(0, 12);
}
