import { MODEL } from '@lornu/agents/model.ts';
import { parseConfig } from '@lornu/backend/config/config.ts';
import { z } from 'zod';
import { askJson, type Answer } from '../base/ask-json.ts';
import { CliError } from '../base/cli-error.ts';
import { model as modelHop } from '../doctor/model-hop.ts';
import { lookAtState } from './hcp.ts';
import { missing, ok, unknown, type Requirement } from './requirement.ts';
import { stagingVariables, textOf, type Scene, type Variables } from './scene.ts';

/**
 * APIs that terraform/gcp/staging calls before it has enabled any; it enables the others itself. All are enabled here
 * in one request, because an API only responds some minutes after it was enabled.
 */
export const APIS = [
  'cloudresourcemanager.googleapis.com',
  'firestore.googleapis.com',
  'iam.googleapis.com',
  'iamcredentials.googleapis.com',
  'serviceusage.googleapis.com',
  'storage.googleapis.com',
  'sts.googleapis.com',
] as const;
const OPERATION_POLL_MS = 1_000;
const OPERATION_POLLS = 120;

/** The project: the given one, else that of staging's values. */
async function projectOf(scene: Scene): Promise<string> {
  if (scene.given.project !== undefined) return scene.given.project;
  const { google } = await stagingVariables(scene).catch((): Variables => ({}));
  return textOf((google as { project_id?: unknown } | undefined)?.project_id);
}

/** https://cloud.google.com/service-usage/docs/reference/rest; gcloud's variable overrides the address. */
async function askServiceUsage(scene: Scene, method: string, path: string, body?: unknown): Promise<Answer> {
  const address =
    scene.env['CLOUDSDK_API_ENDPOINT_OVERRIDES_SERVICEUSAGE'] ?? 'https://serviceusage.googleapis.com/';
  return askJson(
    {
      name: 'Google Cloud',
      address: address.replace(/\/$/, ''),
      headers: { authorization: `Bearer ${(await scene.googleToken()) ?? ''}` },
      what: "The project's APIs cannot be listed.",
      signal: scene.signal,
    },
    method,
    path,
    body,
  );
}

const session: Requirement = {
  id: 'google-session',
  provider: 'google',
  title: 'somebody is signed in to Google Cloud, and the project is named',
  look: async (scene) => {
    if (!(await projectOf(scene))) {
      return missing('no project is named', './lornu setup --project PROJECT_ID');
    }
    return (await scene.googleToken())
      ? ok(await projectOf(scene))
      : missing(
          'nobody is signed in',
          'gcloud auth login, and gcloud auth application-default login for Terraform',
        );
  },
};

const SERVICES = z.looseObject({
  services: z.array(z.looseObject({ name: z.string(), state: z.string().optional() })).default([]),
});

const apis: Requirement = {
  id: 'google-apis',
  provider: 'google',
  title: 'the APIs that Terraform and the agent call are enabled in the project',
  after: [session.id],
  look: async (scene) => {
    const project = await projectOf(scene);
    const names = APIS.map((name) => `names=projects/${project}/services/${name}`).join('&');
    const answer = await askServiceUsage(scene, 'GET', `/v1/projects/${project}/services:batchGet?${names}`);
    const enable = `gcloud services enable ${APIS.join(' ')} --project ${project}`;
    if (answer.status === 403 && reasonOf(answer) === 'SERVICE_DISABLED') {
      return missing(
        'serviceusage.googleapis.com itself is not enabled',
        `gcloud services enable serviceusage.googleapis.com --project ${project}`,
      );
    }
    if (answer.status !== 200) throw refused(answer, project);
    const off = SERVICES.parse(answer.body)
      .services.filter(({ state }) => state !== 'ENABLED')
      .map(({ name }) => name.split('/').at(-1) ?? '');
    return off.length === 0
      ? ok(`${APIS.length} are`)
      : missing(`not enabled: ${off.join(', ')}`, enable, {
          does: `enable ${off.join(', ')} in the project ${project}`,
          make: async () => enableApis(scene, project, off),
        });
  },
};

const OPERATION = z.looseObject({
  name: z.string().default(''),
  done: z.boolean().default(false),
  error: z.looseObject({ message: z.string().default('') }).optional(),
});

async function enableApis(scene: Scene, project: string, serviceIds: readonly string[]): Promise<void> {
  let answer = await askServiceUsage(scene, 'POST', `/v1/projects/${project}/services:batchEnable`, {
    serviceIds,
  });
  for (let polls = 0; polls < OPERATION_POLLS; polls += 1) {
    if (answer.status !== 200) throw refused(answer, project);
    const { name, done, error } = OPERATION.parse(answer.body);
    if (error) {
      throw new CliError({
        what: 'The APIs were not enabled.',
        why: `Google answers: ${error.message.slice(0, 200)}`,
        next: 'look at the project in the console (often billing is missing), then run the same command again',
      });
    }
    if (done) return;
    await Bun.sleep(OPERATION_POLL_MS);
    scene.signal.throwIfAborted();
    answer = await askServiceUsage(scene, 'GET', `/v1/${name}`);
  }
  throw new CliError({
    what: 'The APIs are not enabled yet.',
    why: "Google's operation did not finish within two minutes",
    next: 'run the same command again; APIs that are enabled by then are skipped',
  });
}

/** The reason in Google's error details (AIP-193). */
function reasonOf({ body }: Answer): string | undefined {
  const details = (body as { error?: { details?: { reason?: string }[] } } | undefined)?.error?.details;
  return details?.find(({ reason }) => reason !== undefined)?.reason;
}

function refused(answer: Answer, project: string): CliError {
  const { status } = answer;
  const message = (answer.body as { error?: { message?: unknown } } | undefined)?.error?.message;
  const said = typeof message === 'string' ? ` (${message.slice(0, 200)})` : '';
  return new CliError({
    what: 'Google Cloud refused the request.',
    why: `Google answers ${status}${said} about the APIs of ${project}`,
    next:
      status === 401
        ? 'gcloud auth login: the session has expired'
        : `sign in as an owner of ${project} (gcloud auth login), or ask one for roles/serviceusage.serviceUsageAdmin`,
  });
}

const stack: Requirement = {
  id: 'google-stack',
  provider: 'google',
  title: 'terraform/gcp/staging is applied',
  after: [session.id, apis.id, 'aws-account', 'hcp-gcp-staging'],
  look: async (scene) => {
    const seen = await lookAtState(scene, 'lornu-gcp-staging');
    if (seen.state !== 'missing') return seen;
    const folder = 'terraform -chdir=terraform/gcp/staging';
    return missing(
      seen.seen,
      `${folder} init && ${folder} apply -var project_id=${await projectOf(scene)} -var aws_account_id=${scene.given.account ?? 'ACCOUNT'}; its output google belongs into the values of staging`,
    );
  },
};

const model: Requirement = {
  id: 'google-model',
  provider: 'google',
  title: 'the Gemini model of staging answers, and stays',
  optional: true,
  look: async (scene) => {
    const key = scene.env['GEMINI_API_KEY'];
    if (!key) {
      return unknown(
        'GEMINI_API_KEY is not set here, and secrets of staging are not read for this',
        'GEMINI_API_KEY=... ./lornu setup google asks it for one token',
      );
    }
    const { gemini_model: named } = await stagingVariables(scene).catch((): Variables => ({}));
    const config = parseConfig({ GEMINI_API_KEY: key, GEMINI_MODEL: textOf(named) || MODEL });
    const { env, signal, fetch } = scene;
    const { state, value, next } = await modelHop(config, undefined, { env, signal, fetch, now: Date.now });
    return state === 'ok' ? ok(value) : missing(value, next ?? './lornu doctor');
  },
};

export const GOOGLE: readonly Requirement[] = [session, apis, stack, model];
