import type { CliContext } from '../base/cli-context.ts';

export type StartContext = Pick<CliContext, 'root' | 'cacheDir' | 'env' | 'redact' | 'signal'> & {
  /** Folder of databases, artifacts and logs; absolute. */
  readonly dataDir: string;
};
