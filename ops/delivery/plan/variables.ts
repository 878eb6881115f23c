import { resolve } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { CliError, EXIT } from '../../base/cli-error.ts';
import { fileOf, type DeliveryContext } from '../delivery-context.ts';

/** Name of the repository variable (or environment variable) that holds the stack's values as JSON; none is secret. */
export const VARIABLES = 'LORNU_TERRAFORM_VARIABLES';
/** Set by lornu itself, from the deployed image. */
const OWN = ['image_digest', 'revision'];

/** The values in LORNU_TERRAFORM_VARIABLES; empty if it is not set. */
export function readVariables(env: DeliveryContext['env']): Record<string, unknown> {
  const text = env[VARIABLES]?.trim() ?? '';
  if (text === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw notThose(`it is no JSON (${cause instanceof Error ? cause.message : String(cause)})`);
  }
  const parsed = z.record(z.string(), z.unknown()).safeParse(value);
  if (!parsed.success) throw notThose('it is no JSON object of names and values');
  const own = OWN.filter((name) => name in parsed.data);
  if (own.length > 0) throw notThose(`${own.join(' and ')} come from the image, not from there`);
  return parsed.data;
}

/** Terraform's arguments for a plan: variable files first, then the image, which nothing can override. */
export async function variableArguments(
  context: DeliveryContext,
  image: { digest: string; revision: string },
  varFiles: readonly string[],
): Promise<string[]> {
  const variables = readVariables(context.env);
  const path = fileOf(context, 'variables');
  await writeFile(path, JSON.stringify(variables, null, 2));
  return [
    `-var-file=${path}`,
    ...varFiles.map((file) => `-var-file=${resolve(file)}`),
    `-var=image_digest=${image.digest}`,
    `-var=revision=${image.revision}`,
  ];
}

function notThose(why: string): CliError {
  return new CliError({
    what: "The values of the stack's variables can't be read.",
    why: `${VARIABLES} is not usable: ${why}.`,
    next: 'Set it to a JSON object of the variables of terraform/aws/staging; terraform/README.md lists them.',
    exitCode: EXIT.usage,
  });
}
