import { afterAll, describe, expect, test } from 'bun:test';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Child } from '@lornu/ops/process/child.ts';
import { postJson } from '../support/post-json.ts';
import { serveHere } from '../support/serve-here.ts';
import { readLines } from '@lornu/ops/process/run-command.ts';
import { until } from '../support/until.ts';
import { isAlive } from '@lornu/ops/process/is-alive.ts';
import { descendants, ready, startUp } from './start-up.ts';

const base = await mkdtemp(join(tmpdir(), 'up-interrupted-'));
afterAll(() => rm(base, { recursive: true, force: true }));

/** Starts `lornu up` as a suite does, and prints its process. */
const SUITE = `
  const { ready, startUp } = await import('./start-up.ts');
  const child = await startUp(process.env.DATA_DIR, ['--port', '0']);
  await ready(child);
  console.log(child.pid);
`;

test.if(process.platform === 'linux').each(['SIGKILL', 'SIGTERM'] as const)(
  'ends with a suite that %s ends',
  async (signal) => {
    const suite = Bun.spawn([process.execPath, '-e', SUITE], {
      cwd: import.meta.dir,
      env: { ...process.env, DATA_DIR: join(base, signal) },
      stdout: 'pipe',
    });
    const started = Promise.withResolvers<number>();
    void readLines(suite.stdout, (line) => started.resolve(Number(line)));
    const pid = await started.promise;
    const processes = [pid, ...(await descendants(pid)).map((child) => child.pid)];
    expect(processes).toHaveLength(3);
    suite.kill(signal);
    await untilGone(processes);
  },
);

describe('while a turn waits for the model, which the service waits for', () => {
  const asked = new EventEmitter();
  const model = serveHere(async () => {
    asked.emit('asked');
    return new Promise<Response>(() => {});
  });
  afterAll(() => model.stop(true));

  async function startWithTurn(name: string): Promise<{ child: Child; service: number }> {
    const child = await startUp(join(base, name), ['--port', '0'], {
      GEMINI_API_KEY: 'a-key',
      GOOGLE_GEMINI_BASE_URL: model.url.origin,
    });
    const { url } = await ready(child);
    expect((await fetch(`${url}/apps/lornu/users/ann/sessions/s1`, { method: 'POST' })).status).toBe(200);
    const newMessage = { role: 'user', parts: [{ text: 'hello' }] };
    const isAsked = once(asked, 'asked');
    void postJson(`${url}/run`, { appName: 'lornu', userId: 'ann', sessionId: 's1', newMessage }).catch(
      () => {},
    );
    await isAsked;
    const [service, ...others] = await descendants(child.pid);
    expect(others).toEqual([]);
    return { child, service: service?.pid ?? 0 };
  }

  test('a second Ctrl-C ends both', async () => {
    const { child, service } = await startWithTurn('twice');
    process.kill(child.pid, 'SIGINT');
    await until(() => child.tail.includes('Stopping. Ctrl-C again ends it at once.'));
    expect(isAlive(service)).toBe(true);
    process.kill(child.pid, 'SIGINT');
    expect(await child.ended).toBe('was ended by SIGINT');
    await untilGone([service]);
  });

  test('the service ends soon after a command that was killed', async () => {
    const { child, service } = await startWithTurn('killed');
    process.kill(child.pid, 'SIGKILL');
    await untilGone([service]);
  });
});

async function untilGone(processes: readonly number[]): Promise<void> {
  const left = () => processes.filter(isAlive);
  try {
    await until(() => left().length === 0, { withinMs: 40_000, what: 'The end of its processes' });
  } finally {
    for (const survivor of left()) process.kill(survivor, 'SIGKILL');
  }
}
