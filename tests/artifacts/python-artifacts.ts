import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const GCP_AGENT = resolve(import.meta.dir, '../../gcp-agent');

export interface PythonArtifacts {
  /** Sends one request to google-adk's GcsArtifactService, in its own terms. */
  ask: (request: Record<string, unknown>) => Promise<unknown>;
  stop: () => Promise<void>;
}

/** google-adk's artifact service with the packages of gcp-agent/uv.lock, on the same bucket. */
export function startPythonArtifacts(bucket: string, endpoint: string): PythonArtifacts {
  const child = spawn(
    'uv',
    ['run', '--frozen', '--quiet', 'python', join(import.meta.dir, 'adk_artifacts.py'), bucket, endpoint],
    { cwd: GCP_AGENT, stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  return {
    ask: async (request) => {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const line = await lines.next();
      if (line.done) throw new Error('google-adk failed; its message is on stderr.');
      return JSON.parse(line.value) as unknown;
    },
    stop: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
