import { join } from 'node:path';
import { runCommand } from '../process/run-command.ts';

export interface PythonContext {
  root: string;
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}

/**
 * Installs gcp-agent's locked packages into gcp-agent/.venv; takes a second if they are installed. Needs uv on PATH.
 */
export async function syncPython(context: PythonContext, onLine: (line: string) => void): Promise<void> {
  await runCommand(['uv', 'sync', '--frozen'], {
    cwd: join(context.root, 'gcp-agent'),
    env: context.env,
    signal: context.signal,
    timeoutMs: 10 * 60_000,
    onLine,
    what: "gcp-agent's packages can't be installed.",
    next: 'Check the network and the lines above, then run the same command again.',
  });
}
