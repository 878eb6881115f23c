import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ENVIRONMENT } from '../delivery/github/approval.ts';
import { readVariables, VARIABLES } from '../delivery/plan/variables.ts';
import { namedAccount } from './aws.ts';
import { askGithub, readVariable, refusedByGithub } from './github-api.ts';
import { missing, ok, type Change, type Requirement } from './requirement.ts';
import { DEFAULT_REGION, stagingRegion, stagingVariables, textOf, type Scene } from './scene.ts';

/** Creates or overwrites a repository variable, in one call. */
function setVariable(scene: Scene, name: string, value: string, before: string | undefined): Change {
  return {
    does: `set the variable ${name} of ${scene.given.repository} to ${value.length > 60 ? 'the given values' : value}${before === undefined ? '' : ' (it has another value)'}`,
    make: async () => {
      const answer =
        before === undefined
          ? await askGithub(scene, 'POST', 'actions/variables', { name, value })
          : await askGithub(scene, 'PATCH', `actions/variables/${name}`, { name, value });
      if (answer.status !== 201 && answer.status !== 204)
        throw refusedByGithub(answer, `set the variable ${name}`);
    },
  };
}

const accountVariable: Requirement = {
  id: 'github-account',
  provider: 'github',
  title: 'the variable AWS_ACCOUNT_ID is the account of staging',
  after: ['github-repository', 'aws-account'],
  look: async (scene) => {
    const [value, wanted] = [await readVariable(scene, 'AWS_ACCOUNT_ID'), (await namedAccount(scene)) ?? ''];
    return value === wanted
      ? ok(value)
      : missing(
          value === undefined ? 'it is not set' : `it is ${value}`,
          `gh variable set AWS_ACCOUNT_ID --body ${wanted}`,
          setVariable(scene, 'AWS_ACCOUNT_ID', wanted, value),
        );
  },
};

const regionVariable: Requirement = {
  id: 'github-region',
  provider: 'github',
  title: "the variable AWS_REGION is staging's region",
  after: ['github-repository'],
  look: async (scene) => {
    const [value, wanted] = [await readVariable(scene, 'AWS_REGION'), await stagingRegion(scene)];
    if ((value ?? DEFAULT_REGION) === wanted) return ok(value ?? `not set, which means ${DEFAULT_REGION}`);
    return missing(
      value === undefined ? `it is not set, which means ${DEFAULT_REGION}` : `it is ${value}`,
      `gh variable set AWS_REGION --body ${wanted}`,
      setVariable(scene, 'AWS_REGION', wanted, value),
    );
  },
};

/** Variables of terraform/aws/staging that have no default and do not come from the image. */
export async function requiredVariables(root: string): Promise<string[]> {
  const folder = join(root, 'terraform/aws/staging');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.tf'));
  const texts = await Promise.all(names.map(async (name) => readFile(join(folder, name), 'utf8')));
  const blocks = texts.flatMap((text) => [...text.matchAll(/^variable "(\w+)" \{\n([\s\S]*?)^\}/gm)]);
  return blocks
    .filter(
      ([, name, body]) =>
        !/^ {2}default +=/m.test(body ?? '') && !['image_digest', 'revision'].includes(name ?? ''),
    )
    .map(([, name]) => name ?? '')
    .toSorted();
}

const variables: Requirement = {
  id: 'github-variables',
  provider: 'github',
  title: `the variable ${VARIABLES} has every value that staging needs`,
  after: ['github-repository'],
  look: async (scene) => {
    const given = await stagingVariables(scene);
    const lacks = (await requiredVariables(scene.root)).filter((name) => !(name in given));
    const names = ['route53_zone_id', 'certificate_arn'];
    if (names.every((name) => !given[name])) lacks.push(names.join(' or '));
    if (!isOutputOfGoogle(given['google'])) lacks.push('google as terraform/gcp/staging prints it');
    const value = await readVariable(scene, VARIABLES);
    const set = `gh variable set ${VARIABLES} < FILE`;
    if (lacks.length > 0) {
      return missing(
        Object.keys(given).length === 0 ? 'it is not set' : `it lacks ${lacks.join(', ')}`,
        `write the values of terraform/README.md ("First-time setup") as JSON into FILE, then ./lornu setup --variables FILE`,
      );
    }
    if (value !== undefined && Bun.deepEquals(readVariables({ [VARIABLES]: value }), given)) {
      return ok(`${Object.keys(given).length} values`);
    }
    return missing(
      value === undefined ? 'it is not set' : 'it differs from what was given here',
      set,
      setVariable(scene, VARIABLES, JSON.stringify(given), value),
    );
  },
};

/**
 * Whether it is the complete output `google` of terraform/gcp/staging; before that stack is applied, there is at most a
 * project name.
 */
const isOutputOfGoogle = (google: unknown): boolean =>
  textOf((google as { workload_identity_audience?: unknown } | undefined)?.workload_identity_audience) !== '';

const tokens: Requirement = {
  id: 'github-tokens',
  provider: 'github',
  title: 'the tokens for HCP Terraform are stored, the one that writes in the environment alone',
  after: ['github-repository', 'github-environment'],
  look: async (scene) => {
    const has = async (path: string, name: string): Promise<boolean> => {
      const answer = await askGithub(scene, 'GET', `${path}/secrets/${name}`);
      if (answer.status !== 200 && answer.status !== 404)
        throw refusedByGithub(answer, `look for the secret ${name}`);
      return answer.status === 200;
    };
    if (await has('actions', 'TF_API_TOKEN')) {
      return missing(
        'TF_API_TOKEN is a secret of the repository: every branch could write the state with it',
        `gh secret delete TF_API_TOKEN, make a new token, then gh secret set TF_API_TOKEN --env ${ENVIRONMENT}`,
      );
    }
    const commands = [
      ...((await has(`environments/${ENVIRONMENT}`, 'TF_API_TOKEN'))
        ? []
        : [`gh secret set TF_API_TOKEN --env ${ENVIRONMENT}`]),
      ...((await has('actions', 'TF_API_TOKEN_READ')) ? [] : ['gh secret set TF_API_TOKEN_READ']),
    ];
    return commands.length === 0
      ? ok('both are there; what they may do cannot be seen')
      : missing(
          `not there: ${commands.map((command) => command.split(' ')[3]).join(', ')}`,
          `${commands.join('; ')} (team tokens, docs/operations.md, "Set up once")`,
        );
  },
};

/** What the workflow reads: variables and secrets of the repository and its environment. */
export const PIPELINE: readonly Requirement[] = [accountVariable, regionVariable, variables, tokens];
