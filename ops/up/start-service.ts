import { join } from 'node:path';
import { BUN_SERVER_ENV } from '@lornu/standins/gemini/spawn.ts';
import { startChild, type Child } from '../process/child.ts';
import { pageDir } from './page.ts';
import type { StartContext } from './start-context.ts';
import { waitForHealth } from './wait-for-health.ts';

/**
 * Shorter than the full drain of running turns, because a person is waiting; interrupted turns continue after a
 * restart.
 */
const STOP_MS = 15_000;
const START_MS = 60_000;

export interface ServiceOptions {
  port: number;
  /** Address of the stand-in, if one was started. */
  standInUrl: string | undefined;
  onLine: (line: string) => void;
}

/** Starts the service from its sources; resolves once /health answers 200. */
export async function startService(options: ServiceOptions, context: StartContext): Promise<Child> {
  const child = await startChild({
    name: 'The service',
    command: [process.execPath, '--preload', './ops/up/end-with-parent.ts', 'backend/serve.ts'],
    cwd: context.root,
    env: {
      ...context.env,
      ...BUN_SERVER_ENV,
      NODE_ENV: 'production',
      LORNU_DEV_ROUTES:
        context.env['LORNU_DEV_ROUTES'] || (context.env['LORNU_ENVIRONMENT'] === 'staging' ? '0' : '1'),
      PORT: String(options.port),
      LORNU_DATA_DIR: context.dataDir,
      LORNU_PAGE_DIR: pageDir(context.root),
      ...(options.standInUrl ? { GOOGLE_GEMINI_BASE_URL: options.standInUrl } : {}),
    },
    logPath: join(context.dataDir, 'logs/service.log'),
    redact: context.redact,
    onLine: options.onLine,
    stopWithinMs: STOP_MS,
  });
  try {
    await waitForHealth(`http://127.0.0.1:${options.port}`, child, START_MS, context.signal);
  } catch (error) {
    await child.stop();
    throw error;
  }
  return child;
}
