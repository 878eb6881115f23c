import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import { runSteps } from '@lornu/ops/steps/run-steps.ts';
import type { Emit } from '@lornu/ops/steps/step-events.ts';
import { ensureEmulatorPython } from '../emulator/ensure-python.ts';
import { chooseProvider } from '../terraform/choose-provider.ts';
import { fillPluginCache } from '../terraform/fill-plugin-cache.ts';
import { findTerraform, type FoundTerraform } from '@lornu/ops/terraform/find-terraform.ts';

/**
 * Prepares everything that a rehearsal needs in the cache; seconds if it is there, minutes if the provider must be
 * built.
 */
export async function prepareRehearsal(
  context: Pick<CliContext, 'root' | 'cacheDir' | 'env' | 'signal'>,
  emit: Emit,
): Promise<void> {
  let terraform: FoundTerraform | undefined;
  await runSteps(
    [
      {
        id: 'terraform',
        title: 'Find Terraform',
        run: async (io) => {
          terraform = await findTerraform(context, io);
          return terraform.version;
        },
      },
      {
        id: 'provider',
        title: 'Find the AWS provider (built here once where the registry is out of reach: 2 to 5 min)',
        run: async (io) => {
          const provider = await chooseProvider('auto', context, io);
          await fillPluginCache(provider, terraform?.path ?? 'terraform', context, io);
          return provider.title;
        },
      },
      {
        id: 'emulator-packages',
        title: "Find the AWS emulator's Python packages",
        run: async () => void (await ensureEmulatorPython(context, emit)),
      },
    ],
    emit,
  );
}
