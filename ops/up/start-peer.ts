import { delimiter, join } from 'node:path';
import { z } from 'zod';
import { startChild, type Child, childEnded } from '../process/child.ts';
import { endingWithParent } from '../process/ending-with-parent.ts';
import { ensureTools } from '../setup/ensure-tools.ts';
import { syncPython } from '../setup/sync-python.ts';
import type { Emit } from '../steps/step-events.ts';
import type { StartContext } from './start-context.ts';
import { waitForHealth } from './wait-for-health.ts';

const STOP_MS = 10_000;
/** google-adk takes 8 to 12 s to load on a small machine. */
const START_MS = 120_000;
/** The first line that gcp_agent.main prints. */
const ANNOUNCEMENT = z.object({ port: z.number() });

export interface PeerOptions {
  /** Chosen in advance, because both agents need the address before it listens. */
  port: number;
  /** Address of the Gemini stand-in, if one was started. */
  standInUrl: string | undefined;
  /** Variables for who may call it, and whom it may call. */
  env: Readonly<Record<string, string>>;
  onLine: (line: string) => void;
}

/** Starts the FastAPI/ADK agent, as it runs on Google Cloud, with separate sessions. */
export async function startPeer(
  options: PeerOptions,
  context: StartContext,
  io: { emit: Emit; line: (line: string) => void },
): Promise<{ child: Child; url: string }> {
  const { standInUrl } = options;
  const toolDirs = await ensureTools(['python', 'uv'], context, io.emit);
  const env = { ...context.env, PATH: [...toolDirs, context.env['PATH']].join(delimiter) };
  await syncPython({ ...context, env }, io.line);
  const announced = Promise.withResolvers<string>();
  const cwd = join(context.root, 'gcp-agent');
  const child = await startChild({
    name: 'gcp-agent',
    command: endingWithParent([join(cwd, '.venv/bin/python'), '-m', 'gcp_agent.main']),
    cwd,
    env: {
      ...env,
      ...options.env,
      PORT: String(options.port),
      HOST: '127.0.0.1',
      DATA_DIR: join(context.dataDir, 'gcp-agent'),
      // google-genai requires a key for every endpoint.
      ...(standInUrl ? { GOOGLE_GEMINI_BASE_URL: standInUrl, GEMINI_API_KEY: 'stand-in' } : {}),
    },
    logPath: join(context.dataDir, 'logs/gcp-agent.log'),
    redact: context.redact,
    onLine: (line) => (line.startsWith('{"host"') ? announced.resolve(line) : options.onLine(line)),
    stopWithinMs: STOP_MS,
  });
  try {
    const line = await Promise.race([announced.promise, child.ended.then((how) => ({ how }))]);
    if (typeof line !== 'string') throw childEnded(child, line.how);
    const url = `http://127.0.0.1:${ANNOUNCEMENT.parse(JSON.parse(line)).port}`;
    await waitForHealth(url, child, START_MS, context.signal);
    return { child, url };
  } catch (error) {
    await child.stop();
    throw error;
  }
}
