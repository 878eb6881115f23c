import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import type { StepIo } from '@lornu/ops/steps/run-steps.ts';
import {
  buildProvider,
  builtProviderPath,
  findBuiltProvider,
} from '@lornu/ops/without-registry/aws-provider/build-provider.ts';
import { PROVIDER_SERVICES } from '@lornu/ops/without-registry/aws-provider/provider-source.ts';
import { isInPluginCache } from './fill-plugin-cache.ts';

const REGISTRY = 'https://registry.terraform.io/.well-known/terraform.json';
/** Long enough for a slow network, short enough for a machine without one. */
const PROBE_MS = 4_000;

export const PROVIDER_CHOICES = ['auto', 'registry', 'built'] as const;
export type ProviderChoice = (typeof PROVIDER_CHOICES)[number];

export interface Provider {
  kind: 'registry' | 'built';
  /** A description, shown in every output beside its version. */
  title: string;
  /** Terraform's CLI configuration that makes it use exactly this provider. */
  cliConfigPath: string;
}

type ChooseContext = Pick<CliContext, 'cacheDir' | 'env' | 'signal'>;

/**
 * The AWS provider to apply with: by default the one that an earlier run downloaded, else the registry's, else one
 * built here. The registry answers most people within a second, the build takes minutes.
 */
export async function chooseProvider(
  choice: ProviderChoice,
  context: ChooseContext,
  io: StepIo,
  registry = REGISTRY,
): Promise<Provider> {
  const pluginCache = join(context.cacheDir, 'terraform-plugins');
  await mkdir(pluginCache, { recursive: true });
  if (choice === 'registry') return fromRegistry(context.cacheDir, pluginCache);
  if (choice === 'auto') {
    const isBuilt = await findBuiltProvider(context.cacheDir);
    const isFetched = !isBuilt && (await isInPluginCache(context.cacheDir));
    if (isFetched || (!isBuilt && (await answers(registry, context.signal)))) {
      return fromRegistry(context.cacheDir, pluginCache);
    }
  }
  if (!(await findBuiltProvider(context.cacheDir))) {
    io.line(`${new URL(registry).host} is out of reach or not wanted: building the provider`);
    await buildProvider(context, io);
  }
  const { mirror } = builtProviderPath(context.cacheDir);
  return {
    kind: 'built',
    title: `hashicorp/aws built here from its Go module: the official code, ${PROVIDER_SERVICES.length} of its services, fixed waits shortened`,
    cliConfigPath: await writeCliConfig(
      `${mirror}.terraformrc`,
      `provider_installation {\n  filesystem_mirror {\n    path = ${JSON.stringify(mirror)}\n  }\n}\n`,
    ),
  };
}

async function fromRegistry(cacheDir: string, pluginCache: string): Promise<Provider> {
  return {
    kind: 'registry',
    title: 'hashicorp/aws from the Terraform registry',
    cliConfigPath: await writeCliConfig(
      join(cacheDir, 'terraform-plugins.terraformrc'),
      // The copies have no lock file, which the cache would otherwise require.
      `plugin_cache_dir = ${JSON.stringify(pluginCache)}\nplugin_cache_may_break_dependency_lock_file = true\n`,
    ),
  };
}

async function answers(url: string, signal: AbortSignal): Promise<boolean> {
  const response = await fetch(url, {
    signal: AbortSignal.any([signal, AbortSignal.timeout(PROBE_MS)]),
  }).catch(() => undefined);
  return response?.ok ?? false;
}

async function writeCliConfig(path: string, content: string): Promise<string> {
  const text = `# Written by lornu.\n${content}disable_checkpoint = true\n`;
  if ((await readFile(path, 'utf8').catch(() => undefined)) === text) return path;
  // Another Terraform may read it at any time, so the rename must be atomic.
  const fresh = `${path}.${process.pid}`;
  await writeFile(fresh, text);
  await rename(fresh, path);
  return path;
}
