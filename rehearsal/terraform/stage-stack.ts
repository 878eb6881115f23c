import { cp, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CliError } from '@lornu/ops/base/cli-error.ts';
import { OVERRIDE_FILE, renderOverride } from './override.ts';

/** A file that Terraform reads automatically. */
export const VARIABLES_FILE = 'rehearsal.auto.tfvars.json';

/**
 * Copies the stack's files, with the rehearsal's override and variables. Left out are folders, the lock file (it has
 * the registry's hashes, and a provider built here has another), and untracked files: a person's own state and
 * variables.
 */
export async function stageStack(
  source: string,
  folder: string,
  options: { emulatorUrl: string; variables: Record<string, unknown> },
): Promise<void> {
  const names = await copiedFiles(source);
  if (names.length === 0) {
    throw new CliError({
      what: `There is nothing to apply in ${source}.`,
      why: 'The folder has no .tf file.',
      next: 'Run it from a complete checkout (git status shows what is missing).',
    });
  }
  await mkdir(folder, { recursive: true });
  for (const name of names) await cp(join(source, name), join(folder, name));
  await writeFile(join(folder, OVERRIDE_FILE), renderOverride(options.emulatorUrl));
  await writeFile(join(folder, VARIABLES_FILE), JSON.stringify(options.variables, null, 2));
}

/** The files of a stack that Terraform reads: they are copied byte for byte. */
export async function copiedFiles(source: string): Promise<string[]> {
  if (!(await stat(source).catch(() => undefined))) return [];
  const entries = await readdir(source, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && isConfiguration(entry.name))
    .map((entry) => entry.name)
    .toSorted();
}

function isConfiguration(name: string): boolean {
  if (name.startsWith('.') || name.includes('.tfvars') || name.includes('.tfstate')) return false;
  return /\.(tf|tf\.json|tftpl|tpl|json|pem|html|txt)$/.test(name);
}
