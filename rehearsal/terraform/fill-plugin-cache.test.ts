import { afterAll, expect, test } from 'bun:test';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fillPluginCache, isInPluginCache } from './fill-plugin-cache.ts';

const folder = await mkdtemp(join(tmpdir(), 'plugins-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

const root = join(import.meta.dir, '../..');
const io = { line: () => {} };

/** A fake terraform that records its arguments, and on init puts a provider into the plugin cache. */
async function machine(name: string) {
  const cacheDir = join(folder, name);
  const told = join(cacheDir, 'told');
  const terraform = join(cacheDir, 'terraform');
  const plugin = join(cacheDir, 'terraform-plugins/registry.terraform.io/hashicorp/aws/6.47.0');
  await mkdir(cacheDir, { recursive: true });
  await writeFile(terraform, `#!/bin/sh\necho "$1 $(cat versions.tf)" >> ${told}\nmkdir -p ${plugin}\n`);
  await chmod(terraform, 0o755);
  const context = { root, cacheDir, env: process.env, signal: new AbortController().signal };
  const fill = async (kind: 'registry' | 'built') =>
    fillPluginCache({ kind, cliConfigPath: join(cacheDir, 'rc') }, terraform, context, io);
  return { cacheDir, fill, told: async () => readFile(told, 'utf8').catch(() => '') };
}

test("one init of the versions in terraform/ downloads the registry's provider, once", async () => {
  const { cacheDir, fill, told } = await machine('registry');
  expect(await isInPluginCache(cacheDir)).toBe(false);
  await fill('registry');
  await fill('registry');
  expect(await isInPluginCache(cacheDir)).toBe(true);
  const said = await told();
  expect(said).toStartWith('init ');
  expect(said.split('init ')).toHaveLength(2);
  expect(said).toContain('source  = "hashicorp/aws"');
});

test('a provider built here is not in the cache', async () => {
  const { fill, told } = await machine('built');
  await fill('built');
  expect(await told()).toBe('');
});
