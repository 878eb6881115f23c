import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import type { Emit } from '@lornu/ops/steps/step-events.ts';

/** What the commands of a rehearsal work with; tests give a folder of their own. */
export interface RehearsalContext extends Pick<CliContext, 'root' | 'cacheDir' | 'env' | 'signal'> {
  /** Where the rehearsal keeps its files while it stands. */
  folder: string;
  emit: Emit;
}
