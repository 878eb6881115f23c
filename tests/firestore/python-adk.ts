import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseJson } from '../../backend/json/parse-json.ts';

const GCP_AGENT = resolve(import.meta.dir, '../../gcp-agent');

export interface PythonAdk {
  /** One request to google-adk's Firestore services, in their own words; rejects with the name of what they raise. */
  // oxlint-disable-next-line typescript/no-explicit-any -- answers are google-adk's JSON, read loosely by the tests
  ask: (request: Record<string, unknown>) => Promise<any>;
  stop: () => Promise<void>;
}

/** google-adk with the packages of gcp-agent/uv.lock, on the same Firestore. */
export function startPythonAdk(host: string, project: string, database: string): PythonAdk {
  const child = spawn(
    'uv',
    [
      'run',
      '--frozen',
      '--quiet',
      'python',
      '-W',
      'ignore',
      join(import.meta.dir, 'adk_firestore.py'),
      project,
      database,
    ],
    {
      cwd: GCP_AGENT,
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, FIRESTORE_EMULATOR_HOST: host },
    },
  );
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  let last: Promise<unknown> = Promise.resolve();
  return {
    ask: async (request) => {
      const mine = last.then(async () => {
        child.stdin.write(`${JSON.stringify(request)}\n`);
        const line = await lines.next();
        if (line.done) throw new Error('google-adk ended; its message is on stderr.');
        const answer = parseJson(line.value) as { value?: unknown; error?: string; message?: string };
        if (answer.error) throw new Error(`${answer.error}: ${answer.message}`);
        return answer.value;
      });
      last = mine.catch(() => undefined);
      return mine;
    },
    stop: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
