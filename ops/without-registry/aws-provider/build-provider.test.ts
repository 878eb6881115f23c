import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildProvider, builtProviderPath, findBuiltProvider } from './build-provider.ts';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'provider-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

const withoutGo = () => ({
  cacheDir: join(folder, 'cache'),
  env: { PATH: join(folder, 'empty') },
  signal: new AbortController().signal,
});
const io = { line: () => {} };
const failure = (promise: Promise<unknown>) => promise.catch((error: unknown) => error);

test('without Go the build says what is missing, and leaves nothing behind', async () => {
  const error = await failure(buildProvider(withoutGo(), io));
  expect(error).toMatchObject({
    parts: {
      why: expect.stringContaining('There is no go on PATH.'),
      next: expect.stringContaining('Install Go'),
      exitCode: 3,
    },
  });
  expect(await findBuiltProvider(withoutGo().cacheDir)).toBeUndefined();
});

test("a build's path depends on its inputs", () => {
  const { mirror, binary } = builtProviderPath('/cache');
  expect(mirror).toMatch(/^\/cache\/terraform-provider-aws\/[0-9a-f]{12}$/);
  expect(binary).toContain('/registry.terraform.io/hashicorp/aws/');
});

test.skipIf(!Bun.which('go'))('an aborted build leaves nothing half-finished', async () => {
  const stop = new AbortController();
  const context = { cacheDir: join(folder, 'cache-3'), env: process.env, signal: stop.signal };
  const line = (): void => void setTimeout(() => stop.abort(), 1_500);
  expect(await failure(buildProvider(context, { line }))).toBeInstanceOf(Error);
  expect(await readdir(join(context.cacheDir, 'terraform-provider-aws'))).toEqual([]);
});
