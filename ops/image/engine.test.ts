import { expect, test } from 'bun:test';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CliError } from '../base/cli-error.ts';
import { fitEngine } from './engine.ts';

/** The error for an engine that runs nothing, and that has the image or not. */
async function failure(hasImage: boolean): Promise<CliError> {
  const folder = await mkdtemp(join(tmpdir(), 'engine-'));
  const path = join(folder, 'podman');
  await Bun.write(
    path,
    `#!/bin/sh\n[ "$1" = image ] && exit ${hasImage ? 0 : 1}\necho "it refuses" >&2; exit 125\n`,
  );
  await chmod(path, 0o700);
  const engine = { kind: 'podman' as const, path, runFlags: [], buildFlags: [] };
  try {
    await fitEngine(engine, 'localhost/lornu:1', ['true'], {});
  } catch (error) {
    if (error instanceof CliError) return error;
    throw error;
  } finally {
    await rm(folder, { recursive: true });
  }
  throw new Error('it was expected to fail');
}

test('an image that does not exist is not a machine that cannot run containers', async () => {
  expect((await failure(false)).parts).toMatchObject({
    what: 'There is no image localhost/lornu:1.',
    why: 'it refuses',
    next: expect.stringContaining('./lornu image build agent'),
  });
  expect((await failure(true)).parts.what).toBe("podman can't run a container here.");
});
