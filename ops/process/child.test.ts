import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild, type Child } from './child.ts';

const folder = await mkdtemp(join(tmpdir(), 'child-'));

describe('a child process', () => {
  afterAll(() => rm(folder, { recursive: true }));

  const start = (script: string, stopWithinMs = 2_000): Promise<Child> =>
    startChild({
      name: 'The program',
      command: ['sh', '-c', script],
      cwd: folder,
      env: { PATH: process.env['PATH'] },
      logPath: join(folder, 'logs/program.log'),
      redact: (text) => text.replace('hidden', '***'),
      stopWithinMs,
    });

  test('reports how it ended, with masked output in tail and log', async () => {
    const child = await start('echo a hidden thing; exit 5');
    expect(await child.ended).toBe('ended with exit code 5');
    expect(child.tail).toEqual(['a *** thing']);
    expect(await Bun.file(child.logPath).text()).toBe('a *** thing\n');
  });

  test('is asked to stop, and may clean up', async () => {
    const child = await start('trap "echo cleaned; exit 0" TERM; echo up; while :; do sleep 0.05; done');
    while (child.tail.length === 0) await Bun.sleep(10);
    await child.stop();
    expect(child.tail.at(-1)).toBe('cleaned');
  });

  test('is killed if it does not stop in time', async () => {
    const child = await start('trap "" TERM; echo up; while :; do sleep 0.05; done', 200);
    while (child.tail.length === 0) await Bun.sleep(10);
    await child.stop();
    expect(await child.ended).toBe('was ended by SIGKILL');
  });

  test('sees its stdin close when the parent is gone', async () => {
    const child = await start('cat; echo alone');
    expect(await Promise.race([child.ended, Bun.sleep(200).then(() => 'still waits')])).toBe('still waits');
    await child.stop();
  });
});
