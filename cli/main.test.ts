import { afterAll, expect, test } from 'bun:test';
import { join } from 'node:path';

const root = join(import.meta.dir, '..');

test('a reader that closes the pipe is no failure', async () => {
  // The reader is gone before the command, which first has to be loaded, writes.
  const line = '{ sleep 0.2; "$0" cli/main.ts test --list; echo "code $?" >&2; } | true';
  const child = Bun.spawn(['sh', '-c', line, process.execPath], {
    cwd: root,
    stdout: 'ignore',
    stderr: 'pipe',
  });
  expect(await new Response(child.stderr).text()).toBe('code 0\n');
});

/** A service that never answers: a command that asks it waits. */
let asked = Promise.withResolvers<void>();
const silent = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch: async () => {
    asked.resolve();
    return new Promise<Response>(() => {});
  },
});
afterAll(() => silent.stop(true));

/** Starts a command line that asks it, and then sends a signal to its process group, as a terminal does. */
async function interrupt(command: readonly string[], signal: NodeJS.Signals) {
  asked = Promise.withResolvers<void>();
  const child = Bun.spawn([...command], {
    cwd: root,
    stdout: 'pipe',
    stderr: 'pipe',
    detached: true,
  });
  await asked.promise;
  process.kill(-child.pid, signal);
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { code: await child.exited, signal: child.signalCode, stdout, stderr };
}

const WAITS = ['cli/main.ts', 'runs', 'list', '--url', silent.url.origin, '--json'];

test.each([
  ['SIGINT', 130, 'Interrupted.'],
  ['SIGTERM', 143, 'Interrupted by SIGTERM.'],
  ['SIGHUP', 129, 'Interrupted by SIGHUP.'],
] as const)('%s ends a command, which says so with exit code %i', async (signal, code, what) => {
  const run = await interrupt([process.execPath, ...WAITS], signal);
  expect(run).toMatchObject({ code, signal, stderr: `\n${what}\n` });
  expect(JSON.parse(run.stdout)).toEqual({ error: { what }, exitCode: code });
});

test('Ctrl-C ends a script, too, also one of bash, which would go on after an exit code', async () => {
  const script = '"$@"; echo "went on after $?"';
  const run = await interrupt(['bash', '-c', script, 'a script', process.execPath, ...WAITS], 'SIGINT');
  expect(run.signal).toBe('SIGINT');
  expect(run.stdout).not.toContain('went on');
});
