import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { CliError, EXIT } from '../../base/cli-error.ts';
import type { DeliveryContext } from '../delivery-context.ts';

const ORGANIZATION = 'lornu-ai';
const WORKSPACE = 'lornu-aws-staging';
const HOST = 'app.terraform.io';
const ANSWER_MS = 30_000;
const WHAT = 'terraform/aws/staging can not be planned or applied here.';

const DOCUMENT = z.looseObject({
  data: z.looseObject({
    attributes: z.looseObject({ 'execution-mode': z.string(), locked: z.boolean().default(false) }),
  }),
});

export interface WorkspaceFacts {
  /** Whether another run, or a person, holds the state's lock. */
  locked: boolean;
}

/**
 * Looks at the workspace of terraform/aws/staging before Terraform does: `terraform init` would make a missing one with
 * the organization's default execution mode, which is remote, and a remote plan runs at HCP without AWS credentials.
 * Returns undefined without a token; Terraform says then how to get one. The address is HCP Terraform's, or TFE_ADDRESS.
 * https://developer.hashicorp.com/terraform/cloud-docs/api-docs/workspaces#show-workspace
 */
export async function requireLocalExecution(context: DeliveryContext): Promise<WorkspaceFacts | undefined> {
  const token = await readToken(context.env);
  if (!token) return undefined;
  const address = context.env['TFE_ADDRESS'] ?? `https://${HOST}`;
  const response = await fetch(`${address}/api/v2/organizations/${ORGANIZATION}/workspaces/${WORKSPACE}`, {
    headers: { authorization: `Bearer ${token}`, accept: 'application/vnd.api+json' },
    signal: AbortSignal.any([context.signal, AbortSignal.timeout(ANSWER_MS)]),
  }).catch((cause: unknown) => {
    context.signal.throwIfAborted();
    throw new CliError({
      what: WHAT,
      why: 'Terraform Cloud can not be reached from here.',
      next: 'Check the network and status.hashicorp.com, then run the same command again.',
      exitCode: EXIT.machine,
      cause,
    });
  });
  if (response.status === 401) {
    throw new CliError({
      what: WHAT,
      why: 'Terraform Cloud does not accept the token: it has expired, was revoked, or is not set.',
      next: `Make a new team token at ${HOST} and store it as the secret TF_API_TOKEN or TF_API_TOKEN_READ (on a laptop: terraform login).`,
    });
  }
  if (response.status === 404) {
    throw new CliError({
      what: WHAT,
      why: `The workspace ${WORKSPACE} of ${ORGANIZATION} is not there for this token.`,
      next: `At ${HOST} make it (CLI-driven, execution mode Local), or give the token's team access to it; terraform/README.md, "The first time".`,
    });
  }
  const parsed = DOCUMENT.safeParse(await response.json().catch(() => undefined));
  if (!response.ok || !parsed.success) {
    throw new CliError({
      what: WHAT,
      why: `Terraform Cloud answers ${response.status} about the workspace ${WORKSPACE}${response.ok ? ', in a form that is not known here' : ''}.`,
      next: 'Run the same command again; if it stays, look at status.hashicorp.com.',
    });
  }
  const { 'execution-mode': mode, locked } = parsed.data.data.attributes;
  if (mode !== 'local') {
    throw new CliError({
      what: WHAT,
      why: `The workspace ${WORKSPACE} has execution mode ${mode}: plans would run at HCP, without AWS credentials and without what is checked here.`,
      next: `At ${HOST}: ${WORKSPACE}, Settings, General, Execution Mode: Local (and Settings, General of the organization, so that new workspaces have it too).`,
    });
  }
  return { locked };
}

const CREDENTIALS = z.looseObject({
  credentials: z.record(z.string(), z.looseObject({ token: z.string() })),
});

/** The token as Terraform finds it: its variable, else what `terraform login` wrote. */
async function readToken(env: DeliveryContext['env']): Promise<string | undefined> {
  const given = env['TF_TOKEN_app_terraform_io']?.trim();
  if (given) return given;
  const path = join(env['HOME'] ?? '', '.terraform.d/credentials.tfrc.json');
  const text = await readFile(path, 'utf8').catch(() => '{}');
  try {
    const parsed = CREDENTIALS.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data.credentials[HOST]?.token : undefined;
  } catch {
    return undefined;
  }
}
