import { join } from 'node:path';
import { CliError } from '../cli/cli-error.ts';
import { startChild, type Child } from '../process/child.ts';
import { childEnded } from './child-ended.ts';
import { pageDir } from './page.ts';
import { MANY_REQUESTS, type StartContext } from './start-context.ts';

/** A person at the keyboard does not wait for the full drain of running turns; what is cut off goes on after a restart. */
const STOP_MS = 15_000;
const START_MS = 60_000;
const POLL_MS = 50;

export interface ServiceOptions {
  port: number;
  /** Where the stand-in answers, when one was started. */
  standInUrl: string | undefined;
  onLine: (line: string) => void;
}

/** Starts the service from its sources and resolves once /health answers 200. */
export async function startService(options: ServiceOptions, context: StartContext): Promise<Child> {
  const child = await startChild({
    name: 'The service',
    command: [process.execPath, 'backend/serve.ts'],
    cwd: context.root,
    env: {
      ...context.env,
      ...MANY_REQUESTS,
      NODE_ENV: 'production',
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
    await untilHealthy(`http://127.0.0.1:${options.port}/health`, child, context.signal);
  } catch (error) {
    await child.stop();
    throw error;
  }
  return child;
}

async function untilHealthy(url: string, child: Child, signal: AbortSignal): Promise<void> {
  let end: string | undefined;
  void child.ended.then((how) => (end = how));
  const deadlineMs = Date.now() + START_MS;
  for (;;) {
    signal.throwIfAborted();
    if (end !== undefined) throw childEnded(child, end);
    const answer = await fetch(url, { signal: AbortSignal.timeout(1_000) }).catch(() => undefined);
    // Whoever answers on that port must still be our child.
    if (answer?.ok && end === undefined) return;
    if (Date.now() > deadlineMs) {
      throw new CliError({
        what: `${child.name} does not answer.`,
        why: `${url} gave no 200 within ${START_MS / 1000} s.`,
        next: 'Read the lines above; ./lornu doctor shows the configuration.',
        output: child.tail,
        logPath: child.logPath,
      });
    }
    await Bun.sleep(POLL_MS);
  }
}
