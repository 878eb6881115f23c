import type { CliContext } from '../base/cli-context.ts';

export type StartContext = Pick<CliContext, 'root' | 'cacheDir' | 'env' | 'redact' | 'signal'> & {
  /** Folder of databases, artifacts and logs; absolute. */
  readonly dataDir: string;
};

/** Bun limits a process to 256 concurrent requests unless this is in its environment at start. */
export const MANY_REQUESTS = { BUN_CONFIG_MAX_HTTP_REQUESTS: '65336' };
