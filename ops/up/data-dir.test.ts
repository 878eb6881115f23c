import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimDataDir } from './data-dir.ts';

let base: string;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'data-dir-'));
});
afterAll(() => rm(base, { recursive: true }));

test('a missing folder is created', async () => {
  await claimDataDir(join(base, 'deep/down'));
  await claimDataDir(join(base, 'deep/down'));
});

test.each(['file', 'file/below'])('a place that cannot be a folder needs another name: %s', async (place) => {
  await Bun.write(join(base, 'file'), 'x');
  const error = await claimDataDir(join(base, place)).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    exitCode: 3,
    parts: { next: 'Name another folder: ./lornu up --data-dir FOLDER' },
  });
});

// /proc has no free space.
test.skipIf(process.platform !== 'linux')('a disk without room is refused with what is left', async () => {
  const error = await claimDataDir('/proc/self').catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ exitCode: 3, parts: { what: "Conversations can't be kept in /proc/self." } });
});
