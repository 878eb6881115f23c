import type { CliContext } from '../base/cli-context.ts';

export type StartContext = Pick<CliContext, 'root' | 'cacheDir' | 'env' | 'redact' | 'signal'> & {
  /** Absolute: databases, artifacts and logs. */
  readonly dataDir: string;
};

/** Bun lets a process carry 256 requests at once unless this is in its environment when it starts. */
export const MANY_REQUESTS = { BUN_CONFIG_MAX_HTTP_REQUESTS: '65336' };
