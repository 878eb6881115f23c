import { afterAll, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readLines } from '@lornu/ops/process/run-command.ts';
import { until } from '../support/until.ts';
import { descendants, isAlive } from './start-up.ts';

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
    const left = () => processes.filter(isAlive);
    try {
      await until(() => left().length === 0);
    } finally {
      for (const survivor of left()) process.kill(survivor, 'SIGKILL');
    }
  },
);
