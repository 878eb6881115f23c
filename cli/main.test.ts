import { expect, test } from 'bun:test';
import { join } from 'node:path';

test('a reader that closes the pipe is no failure', async () => {
  // The reader is gone before the command, which first has to be loaded, writes.
  const line = '{ sleep 0.2; "$0" cli/main.ts test --list; echo "code $?" >&2; } | true';
  const child = Bun.spawn(['sh', '-c', line, process.execPath], {
    cwd: join(import.meta.dir, '..'),
    stdout: 'ignore',
    stderr: 'pipe',
  });
  expect(await new Response(child.stderr).text()).toBe('code 0\n');
});
