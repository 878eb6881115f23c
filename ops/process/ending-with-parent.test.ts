import { expect, test } from 'bun:test';
import { readFile } from 'node:fs/promises';
import { readLines } from './run-command.ts';
import { isAlive } from './is-alive.ts';

const PROGRAM = `
  const { endingWithParent } = await import('./ending-with-parent.ts');
  const child = Bun.spawn(endingWithParent(['sleep', '600']), { detached: true });
  console.log(child.pid);
`;

const nameOf = async (pid: number): Promise<string> => (await readFile(`/proc/${pid}/comm`, 'utf8')).trim();

test.if(process.platform === 'linux')('the child ends with a parent that is killed', async () => {
  const parent = Bun.spawn([process.execPath, '-e', PROGRAM], { cwd: import.meta.dir, stdout: 'pipe' });
  const started = Promise.withResolvers<number>();
  void readLines(parent.stdout, (line) => started.resolve(Number(line)));
  const pid = await started.promise;
  const deadline = performance.now() + 10_000;
  try {
    // Before its exec, the child may not have set the signal yet.
    while ((await nameOf(pid)) !== 'sleep' && performance.now() < deadline) await Bun.sleep(5);
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    while (isAlive(pid) && performance.now() < deadline) await Bun.sleep(20);
    expect(isAlive(pid)).toBe(false);
  } finally {
    // If it survived, it would hold the run's output open for ten minutes.
    if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  }
});
