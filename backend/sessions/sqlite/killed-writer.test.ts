import { expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from './database.ts';
import { SqliteSessionStore } from './sqlite-session-store.ts';

const WRITER = join(import.meta.dir, '../../testing/append-forever.ts');
const ROUNDS = 3;

/**
 * Starts a writer, kills it with SIGKILL after `lifeMs` of writing, and returns the last event that it had confirmed.
 */
async function writeAndDie(file: string, sessionId: string, lifeMs: number): Promise<number> {
  const writer = Bun.spawn({
    cmd: [process.execPath, WRITER, file, sessionId],
    stdout: 'pipe',
    stderr: 'inherit',
  });
  let confirmed = '';
  let timer: ReturnType<typeof setTimeout> | undefined;
  const decoder = new TextDecoder();
  for await (const bytes of writer.stdout) {
    timer ??= setTimeout(() => writer.kill('SIGKILL'), lifeMs);
    confirmed += decoder.decode(bytes);
  }
  await writer.exited;
  return Number(confirmed.trimEnd().split('\n').at(-1));
}

test('after kill -9 at any moment no confirmed event is lost, and events and state always agree', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'killed-'));
  const file = join(folder, 's.sqlite');
  for (let round = 0; round < ROUNDS; round++) {
    // Two at once on the same file, like two tasks during a deploy.
    const [a, b] = await Promise.all([
      writeAndDie(file, 'a', 20 + Math.random() * 60),
      writeAndDie(file, 'b', 20 + Math.random() * 60),
    ]);
    const store = new SqliteSessionStore({ database: openDatabase(file) });
    for (const [sessionId, confirmed] of [
      ['a', a],
      ['b', b],
    ] as const) {
      const session = (await store.getSession({ appName: 'app', userId: 'u', sessionId }))!;
      const stored = session.events.length;
      expect(stored).toBeGreaterThanOrEqual(confirmed);
      expect(session.events.map(({ id }) => id)).toEqual(session.events.map((_, index) => `${index + 1}`));
      expect(session.state).toMatchObject({
        count: stored,
        [`user:${sessionId}`]: stored,
        [`app:${sessionId}`]: stored,
      });
      expect(session.lastUpdateTime).toBe(session.events.at(-1)!.timestamp);
    }
    await store.close();
  }
  rmSync(folder, { recursive: true });
});
