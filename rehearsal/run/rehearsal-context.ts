import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import type { Emit } from '@lornu/ops/steps/step-events.ts';

/** What the rehearsal commands need; tests use their own folder. */
export interface RehearsalContext extends Pick<CliContext, 'root' | 'cacheDir' | 'env' | 'signal'> {
  /** Folder for the rehearsal's files while it exists. */
  folder: string;
  emit: Emit;
}
