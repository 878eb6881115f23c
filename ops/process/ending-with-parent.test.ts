import { expect, test } from 'bun:test';
import { readLines } from './run-command.ts';

const PROGRAM = `
  const { endingWithParent } = await import('./ending-with-parent.ts');
  const child = Bun.spawn(endingWithParent(['sleep', '600']), { detached: true });
  console.log(child.pid);
`;

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test.if(process.platform === 'linux')('what it starts ends with a parent that is killed', async () => {
  const parent = Bun.spawn([process.execPath, '-e', PROGRAM], { cwd: import.meta.dir, stdout: 'pipe' });
  const started = Promise.withResolvers<number>();
  void readLines(parent.stdout, (line) => started.resolve(Number(line)));
  const pid = await started.promise;
  expect(isAlive(pid)).toBe(true);
  parent.kill('SIGKILL');
  const deadline = performance.now() + 10_000;
  while (isAlive(pid) && performance.now() < deadline) await Bun.sleep(20);
  expect(isAlive(pid)).toBe(false);
});
