import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SESSIONS, startTarget, type Target } from './target.ts';

/** Far below the time that a write waits for a store that does not answer. */
const AT_ONCE_MS = 3_000;

/** A separate disk that the test can fill; undefined if this machine does not allow one. */
function mountDisk(megabytes: number): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'lornu-full-disk-'));
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder]);
  if (status === 0) return folder;
  rmSync(folder, { recursive: true });
  return undefined;
}

const disk = mountDisk(32);
if (!disk)
  console.warn('NOT SEEN: a full disk, because this machine lets nobody mount one (no Linux, or no root).');

const FILLER = disk && join(disk, 'filler');

/** Fills the disk to the last byte. */
function fillDisk(): void {
  const file = openSync(FILLER!, 'w');
  for (let size = 1024 * 1024; size >= 1; size = Math.floor(size / 4))
    try {
      for (;;) writeSync(file, Buffer.alloc(size));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    }
  closeSync(file);
}

function emptyDisk(): void {
  rmSync(FILLER!, { force: true });
}

describe.skipIf(!disk)('a full disk', () => {
  let target: Target;

  beforeAll(async () => {
    target = await startTarget({ LORNU_DATA_DIR: join(disk!, 'data') });
  });
  afterAll(async () => {
    emptyDisk();
    await target?.stop();
    spawnSync('umount', [disk!]);
    rmSync(disk!, { recursive: true, force: true });
  });

  const turn = (sessionId: string, text: string) => ({
    appName: 'lornu',
    userId: 'ann',
    sessionId,
    streaming: true,
    newMessage: { parts: [{ text }] },
  });
  const asked = async (path: string, body: unknown, method = 'POST') => {
    const began = performance.now();
    const answer = await target.sendJson(path, body, method);
    const text = await answer.text();
    return {
      status: answer.status,
      text,
      ms: performance.now() - began,
      retryAfter: answer.headers.get('retry-after'),
    };
  };

  const runsOf = async (sessionId: string) => {
    const answer = await target.send(`/api/v1/apps/lornu/users/ann/sessions/${sessionId}/runs`);
    return ((await answer.json()) as { state: string }[]).map(({ state }) => state);
  };

  /** What /ready says of the stores on this disk, once it says `state` of all: it looks again after 5 s. */
  const readyWhen = async (state: string) => {
    for (let n = 0; ; n++) {
      const answer = await target.send('/ready');
      const { dependencies } = (await answer.json()) as {
        dependencies: { name: string; state: string; reason?: string }[];
      };
      const onDisk = dependencies.filter(({ name }) => ['sessions', 'artifacts', 'memory'].includes(name));
      if (onDisk.every((seen) => seen.state === state) || n === 60) return { status: answer.status, onDisk };
      await Bun.sleep(250);
    }
  };

  test('is reported at once to everyone who writes, ends no run wrongly, and is forgotten once there is space', async () => {
    for (const sessionId of ['s', 'streamed']) await asked(SESSIONS, { sessionId });
    const stream = await target.sendJson('/run_sse', turn('streamed', 'count to 200 every 25 ms'));
    const reading = stream.text().then(
      () => 'ended',
      () => 'cut',
    );
    await Bun.sleep(500);
    fillDisk();

    const began = performance.now();
    expect(await reading).toBe('cut');
    expect(performance.now() - began).toBeLessThan(AT_ONCE_MS);
    const large = 'x'.repeat(200_000);
    for (const [what, path, body, method] of [
      ['a message', '/run', turn('s', large)],
      ['a session', SESSIONS, { sessionId: 'new', state: { large } }],
      ['state', `${SESSIONS}/s`, { stateDelta: { large } }, 'PATCH'],
      ['an artifact', `${SESSIONS}/s/artifacts`, { filename: 'a', artifact: { text: large } }],
    ] as const) {
      const { status, text, retryAfter, ms } = await asked(path, body, method);
      expect([what, status, JSON.parse(text)]).toEqual([
        what,
        503,
        { detail: 'The disk is full: nothing was stored.' },
      ]);
      expect([what, retryAfter]).toEqual([what, what === 'an artifact' ? null : '2']);
      expect(ms).toBeLessThan(AT_ONCE_MS);
    }
    const full = await readyWhen('failed');
    expect(full.status).toBe(503);
    expect(full.onDisk.map(({ reason }) => reason)).toEqual(
      Array.from({ length: 3 }, () => 'The disk is full: 0 MiB are left.'),
    );
    // Reads still work, and limits refuse nobody.
    expect((await target.send(`${SESSIONS}/s`)).status).toBe(200);
    expect((await target.send(`${SESSIONS}/new`)).status).toBe(404);
    expect(await runsOf('streamed')).toEqual(['running']);
    // A bug would count for the alarm that rolls a deployment back.
    expect(await target.log()).not.toContain('"code":"INTERNAL"');

    emptyDisk();
    expect((await asked('/run', turn('s', 'hello'))).status).toBe(200);
    expect((await readyWhen('ok')).status).toBe(200);
    if (!process.env['LORNU_EVERY_ATTACK']) return;
    for (let n = 0; n < 60 && (await runsOf('streamed'))[0] === 'running'; n++) await Bun.sleep(500);
    expect(await runsOf('streamed')).toEqual(['completed']);
    expect((await asked('/run', turn('streamed', 'hello'))).status).toBe(200);
  });
});
