import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { askJson, type Answer } from '../../base/ask-json.ts';
import { CliError } from '../../base/cli-error.ts';

/** The HCP Terraform organization that the three stacks name in their `cloud` blocks. */
export const ORGANIZATION = 'lornu-ai';
export const HCP_HOST = 'app.terraform.io';

export interface Hcp {
  /** One call below /api/v2. Returns every status except 401; throws CliError for 401 or no response. */
  call: (method: string, path: string, data?: unknown) => Promise<Answer>;
}

/**
 * HCP Terraform's API at app.terraform.io or TFE_ADDRESS, with the token that Terraform would use. Undefined without a
 * token. `what` begins the sentence of an error. https://developer.hashicorp.com/terraform/cloud-docs/api-docs
 */
export async function openHcp(
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
  what: string,
): Promise<Hcp | undefined> {
  const token = await readToken(env);
  if (!token) return undefined;
  const api = {
    name: 'Terraform Cloud',
    address: `${env['TFE_ADDRESS'] ?? `https://${HCP_HOST}`}/api/v2`,
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/vnd.api+json',
      'content-type': 'application/vnd.api+json',
    },
    what,
    signal,
  };
  return {
    call: async (method, path, data) => {
      const answer = await askJson(api, method, path, data === undefined ? undefined : { data });
      if (answer.status !== 401) return answer;
      throw new CliError({
        what,
        why: 'Terraform Cloud does not accept the token: it has expired, was revoked, or is not set.',
        next: `Make a new team token at ${HCP_HOST} and store it as the secret TF_API_TOKEN or TF_API_TOKEN_READ (on a laptop: terraform login).`,
      });
    },
  };
}

const WORKSPACE = z.looseObject({
  data: z.looseObject({
    id: z.string(),
    attributes: z.looseObject({
      'execution-mode': z.string(),
      locked: z.boolean().default(false),
    }),
  }),
});

export interface HcpWorkspace {
  id: string;
  /** Where its plans run: local, remote or agent. */
  executionMode: string;
  /** Whether another run or a person holds the state's lock. */
  locked: boolean;
}

/**
 * A workspace of the organization; undefined if it does not exist or this token may not see it (HCP answers 404 to
 * both). https://developer.hashicorp.com/terraform/cloud-docs/api-docs/workspaces#show-workspace
 */
export async function showWorkspace(hcp: Hcp, name: string, what: string): Promise<HcpWorkspace | undefined> {
  const { status, body } = await hcp.call('GET', `/organizations/${ORGANIZATION}/workspaces/${name}`);
  if (status === 404) return undefined;
  const parsed = WORKSPACE.safeParse(body);
  if (status !== 200 || !parsed.success) {
    throw new CliError({
      what,
      why: `Terraform Cloud answers ${status} about the workspace ${name}${status === 200 ? ', in an unexpected form' : ''}.`,
      next: 'Run the same command again. If it keeps failing, look at status.hashicorp.com.',
    });
  }
  const { id, attributes } = parsed.data.data;
  return { id, executionMode: attributes['execution-mode'], locked: attributes.locked };
}

const CREDENTIALS = z.looseObject({
  credentials: z.record(z.string(), z.looseObject({ token: z.string() })),
});

/** The token where Terraform looks for it: its variable, else the file that `terraform login` wrote. */
async function readToken(env: Readonly<Record<string, string | undefined>>): Promise<string | undefined> {
  const given = env['TF_TOKEN_app_terraform_io']?.trim();
  if (given) return given;
  const path = join(env['HOME'] ?? '', '.terraform.d/credentials.tfrc.json');
  const text = await readFile(path, 'utf8').catch(() => '{}');
  try {
    const parsed = CREDENTIALS.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data.credentials[HCP_HOST]?.token : undefined;
  } catch {
    return undefined;
  }
}
