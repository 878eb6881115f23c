import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import type { StepIo } from '@lornu/ops/steps/run-steps.ts';
import { initStack } from './run-terraform.ts';

/** The file in terraform/ that names the provider and its versions. */
const VERSIONS_FILE = 'terraform/aws/staging/versions.tf';

/** Whether an earlier run has downloaded the registry's provider. */
export async function isInPluginCache(cacheDir: string): Promise<boolean> {
  const folder = join(cacheDir, 'terraform-plugins/registry.terraform.io/hashicorp/aws');
  const versions = await readdir(folder).catch(() => []);
  return versions.length > 0;
}

/**
 * Downloads the registry's provider into the plugin cache, once, before several programs need it: Terraform does not
 * support parallel writes to the cache. A provider built here is not cached.
 */
export async function fillPluginCache(
  provider: { kind: 'registry' | 'built'; cliConfigPath: string },
  terraform: string,
  context: Pick<CliContext, 'root' | 'cacheDir' | 'env' | 'signal'>,
  io: StepIo,
): Promise<void> {
  if (provider.kind !== 'registry' || (await isInPluginCache(context.cacheDir))) return;
  const folder = await mkdtemp(join(tmpdir(), 'lornu-plugins-'));
  try {
    await cp(join(context.root, VERSIONS_FILE), join(folder, 'versions.tf'));
    const { cliConfigPath } = provider;
    const { env, signal } = context;
    await initStack(folder, { terraform, cliConfigPath, emulatorUrl: '', env, signal }, io);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
