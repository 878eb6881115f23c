import { appendFile } from 'node:fs/promises';
import type { DeliveryContext } from '../delivery-context.ts';

/** Writes outputs for later steps and jobs (`steps.ID.outputs.NAME`); does nothing outside GitHub Actions. */
export async function writeOutputs(
  env: DeliveryContext['env'],
  outputs: Readonly<Record<string, string>>,
): Promise<void> {
  const path = env['GITHUB_OUTPUT'];
  if (!path) return;
  for (const [name, value] of Object.entries(outputs)) {
    if (/[\r\n]/.test(value)) throw new Error(`the output ${name} has more than one line`);
    await appendFile(path, `${name}=${value}\n`);
  }
}

/** Writes Markdown to the summary of the run; does nothing outside GitHub Actions. */
export async function writeJobSummary(env: DeliveryContext['env'], markdown: string): Promise<void> {
  const path = env['GITHUB_STEP_SUMMARY'];
  if (path) await appendFile(path, `${markdown}\n`);
}
