import { join } from 'node:path';
import { endingWithParent } from '../process/ending-with-parent.ts';
import { runCommand } from '../process/run-command.ts';
import { BUN_SERVER_ENV } from '@lornu/standins/gemini/spawn.ts';
import { type Server, startServer } from './server.ts';

export interface AgentServerOptions {
  /** Root of the checkout. */
  root: string;
  /** Address of the Gemini stand-in. */
  modelUrl: string;
  agentsDir: string;
  /** Folder for databases and logs of this run. */
  scratchDir: string;
}

/** The variable that says which program of the service is started: `lornu test` bundles it once for all suites. */
export const SERVICE_PROGRAM = 'LORNU_SERVICE_PROGRAM';

const SYNC_WITHIN_MS = 300_000;

/** Starts the FastAPI/ADK agent on a free port, with its locked packages (uv must be on PATH). */
export async function startGcpAgent(
  options: AgentServerOptions & { env?: Readonly<Record<string, string>> },
): Promise<Server> {
  const cwd = join(options.root, 'gcp-agent');
  await runCommand(['uv', 'sync', '--frozen', '--quiet'], {
    cwd,
    timeoutMs: SYNC_WITHIN_MS,
    what: 'The Python environment of gcp-agent/ could not be created.',
  });
  return startServer({
    name: 'gcp-agent',
    // Python directly, not `uv run`, so that the pid is the server's: its CPU time is measured, and it ends with this
    // process.
    command: endingWithParent([join(cwd, '.venv/bin/python'), '-m', 'gcp_agent.main']),
    cwd,
    env: {
      AGENTS_DIR: options.agentsDir,
      DATA_DIR: join(options.scratchDir, 'gcp-agent'),
      GOOGLE_GEMINI_BASE_URL: options.modelUrl,
      GEMINI_API_KEY: 'stand-in',
      ...options.env,
    },
    scratchDir: options.scratchDir,
  });
}

/** Starts the service on a free port, from source or from a bundle. */
export async function startService(
  options: AgentServerOptions & { program?: string; env?: Readonly<Record<string, string>> },
): Promise<Server> {
  return startServer({
    name: 'service',
    // A killed suite leaves no server behind.
    command: [
      process.execPath,
      '--preload',
      join(options.root, 'ops/up/end-with-parent.ts'),
      options.program ?? process.env[SERVICE_PROGRAM] ?? join(options.root, 'backend/serve.ts'),
    ],
    cwd: options.root,
    env: {
      ...BUN_SERVER_ENV,
      NODE_ENV: 'production',
      LORNU_AGENTS_DIR: options.agentsDir,
      LORNU_DATA_DIR: join(options.scratchDir, 'service'),
      GOOGLE_GEMINI_BASE_URL: options.modelUrl,
      GEMINI_API_KEY: 'stand-in',
      ...options.env,
    },
    scratchDir: options.scratchDir,
  });
}
