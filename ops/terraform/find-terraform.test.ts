import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FETCHED_TERRAFORM, findTerraform } from './find-terraform.ts';

// A local release server with a fake Terraform; checksums and archives are real.
let folder: string;
let archive: Uint8Array;
let server: ReturnType<typeof Bun.serve>;
let checksum: (actual: string) => string = (actual) => actual;

const SCRIPT = (version: string) => `#!/bin/sh\necho '{"terraform_version": "${version}"}'\n`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'terraform-'));
  await writeFile(join(folder, 'terraform'), SCRIPT(FETCHED_TERRAFORM));
  Bun.spawnSync(['python3', '-m', 'zipfile', '-c', 'archive.zip', 'terraform'], { cwd: folder });
  archive = await readFile(join(folder, 'archive.zip'));
  server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: (request) => {
      const { pathname } = new URL(request.url);
      if (pathname.endsWith('.zip')) return new Response(Buffer.from(archive));
      if (!pathname.endsWith('_SHA256SUMS')) return new Response('', { status: 404 });
      const sum = checksum(createHash('sha256').update(archive).digest('hex'));
      const platform = `${process.platform}_${process.arch === 'x64' ? 'amd64' : process.arch}`;
      return new Response(
        `${'0'.repeat(64)}  other.zip\n${sum}  terraform_${FETCHED_TERRAFORM}_${platform}.zip\n`,
      );
    },
  });
});
afterAll(async () => {
  await server.stop(true);
  await rm(folder, { recursive: true, force: true });
});

/** A machine whose PATH has this terraform, or none. */
async function machine(name: string, version?: string) {
  const bin = join(folder, name, 'bin');
  await mkdir(bin, { recursive: true });
  if (version) {
    await writeFile(join(bin, 'terraform'), SCRIPT(version));
    await chmod(join(bin, 'terraform'), 0o755);
  }
  const python = Bun.which('python3') ?? '';
  await writeFile(join(bin, 'python3'), `#!/bin/sh\nexec ${python} "$@"\n`);
  await chmod(join(bin, 'python3'), 0o755);
  const env = { ...process.env, PATH: `${bin}:/usr/bin:/bin` };
  return { cacheDir: join(folder, name, 'cache'), env, signal: new AbortController().signal };
}

const find = async (
  context: Awaited<ReturnType<typeof machine>>,
  releases = `http://127.0.0.1:${server.port}`,
) => findTerraform(context, { line: () => {} }, releases);

describe('Terraform', () => {
  test('on PATH is used if it is new enough', async () => {
    const context = await machine('new', '1.13.0');
    expect(await find(context)).toEqual({ path: join(folder, 'new/bin/terraform'), version: '1.13.0' });
  });

  test('is downloaded if it is missing or old, verified, and kept for the next run', async () => {
    for (const [name, version] of [['none'], ['old', '1.9.8']] as const) {
      const context = await machine(name, version);
      const found = await find(context);
      expect(found.path).toStartWith(context.cacheDir);
      expect(Bun.spawnSync([found.path]).stdout.toString()).toContain(FETCHED_TERRAFORM);
      expect(await find(context, 'http://127.0.0.1:1')).toEqual(found);
    }
  });

  test('with a wrong checksum is refused, and nothing of it is kept', async () => {
    checksum = () => 'a'.repeat(64);
    const context = await machine('tampered');
    const error = await find(context).catch((cause: unknown) => cause);
    checksum = (actual) => actual;
    expect(error).toMatchObject({ parts: { why: expect.stringContaining('checksum') } });
    expect(await readdir(context.cacheDir).catch(() => [])).toEqual([]);
  });

  test('that cannot be downloaded is reported with the address and what to install', async () => {
    const error = await find(await machine('offline'), 'http://127.0.0.1:1').catch((cause: unknown) => cause);
    expect(error).toMatchObject({
      parts: {
        why: expect.stringContaining('http://127.0.0.1:1'),
        next: expect.stringContaining(`Install Terraform ${FETCHED_TERRAFORM}`),
        exitCode: 3,
      },
    });
  });
});
