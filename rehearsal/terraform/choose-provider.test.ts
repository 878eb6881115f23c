import { expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseProvider } from './choose-provider.ts';

test('a reachable registry is preferred to a build; otherwise it is built', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'provider-'));
  const context = {
    cacheDir: join(folder, 'cache'),
    env: { PATH: join(folder, 'empty') },
    signal: new AbortController().signal,
  };
  const io = { line: () => {} };
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => Response.json({}) });
  const chosen = await chooseProvider('auto', context, io, `http://127.0.0.1:${server.port}/`);
  await server.stop(true);
  expect(chosen).toMatchObject({ kind: 'registry', title: 'hashicorp/aws from the Terraform registry' });

  const other = { ...context, cacheDir: join(folder, 'cache-2') };
  const error = await chooseProvider('auto', other, io, 'http://127.0.0.1:1/').catch(
    (caught: unknown) => caught,
  );
  expect(error).toHaveProperty('message', "Terraform's AWS provider can't be built here.");
  await rm(folder, { recursive: true, force: true });
});
