import { ENVIRONMENT } from '../delivery/github/approval.ts';
import { SECRET_FORMS, SECRET_PREFIX } from '../secrets/secret-forms.ts';
import { namedAccount } from './aws.ts';
import { subjectPrefix } from './github-repository.ts';
import { missing, ok, type Requirement } from './requirement.ts';
import {
  DEFAULT_REGION,
  stagingRegion,
  stagingVariables,
  textOf,
  type Scene,
  type Variables,
} from './scene.ts';

const GITHUB_OIDC = 'token.actions.githubusercontent.com';

/** GitHub's OIDC provider in this account; an account has at most one per address. */
async function oidcProvider({ aws }: Scene): Promise<string | undefined> {
  const { OpenIDConnectProviderList = [] } = await aws.iam.listOpenIDConnectProviders();
  return OpenIDConnectProviderList.find(({ Arn }) => Arn?.endsWith(`oidc-provider/${GITHUB_OIDC}`))?.Arn;
}

/** The role, or undefined; terraform/aws/bootstrap/github.tf defines the names. */
async function roleOf({ aws }: Scene, name: string) {
  return orNone(aws.iam.getRole({ RoleName: name }), 'NoSuchEntity');
}

async function orNone<T>(asked: Promise<T>, ...names: string[]): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Error && names.some((name) => error.name.startsWith(name))) return undefined;
    throw error;
  }
}

/** The command of terraform/README.md, step 1, with this repository's values. */
async function bootstrapCommand(scene: Scene): Promise<string> {
  const variables = await stagingVariables(scene).catch((): Variables => ({}));
  const [provider, role, region] = [
    await oidcProvider(scene),
    await roleOf(scene, 'LornuGithubPlanRole'),
    await stagingRegion(scene),
  ];
  const { repository } = scene.given;
  const prefix = repository ? await subjectPrefix(scene).catch(() => undefined) : undefined;
  const zone = textOf(variables['route53_zone_id']);
  const values = [
    `github_repository=${repository ?? 'OWNER/NAME'}`,
    ...(prefix === `repo:${repository}` ? [] : [`github_subject_prefix=${prefix ?? 'PREFIX'}`]),
    ...(zone ? [`domain_zone_id=${zone}`] : []),
    ...(region === DEFAULT_REGION ? [] : [`region=${region}`]),
    // A provider that bootstrap did not create, as its roles do not exist yet.
    ...(provider && !role ? [`github_oidc_provider_arn=${provider}`] : []),
  ];
  const folder = 'terraform -chdir=terraform/aws/bootstrap';
  return `${folder} init && ${folder} apply ${values.map((value) => `-var ${value}`).join(' ')}`;
}

const oidc: Requirement = {
  id: 'aws-oidc-provider',
  provider: 'aws',
  title: "GitHub's OIDC provider is there, or bootstrap makes it",
  after: ['aws-account'],
  look: async (scene) => {
    if (await oidcProvider(scene)) return ok('it is there');
    return (await roleOf(scene, 'LornuGithubPlanRole'))
      ? missing('the roles are there, and the provider that they trust is not', await bootstrapCommand(scene))
      : ok('not there: bootstrap makes it');
  },
};

/** Roles with the end of the subject that each trusts (terraform/aws/bootstrap/github.tf). */
export const SUBJECTS = {
  LornuGithubPlanRole: ':ref:refs/heads/main',
  LornuGithubPublishRole: ':ref:refs/heads/main',
  LornuGithubApplyRole: `:environment:${ENVIRONMENT}`,
} as const;

const roles: Requirement = {
  id: 'aws-roles',
  provider: 'aws',
  title: "bootstrap is applied: GitHub's three roles are there and trust this repository's jobs",
  after: ['aws-account', 'github-subject'],
  look: async (scene) => {
    const prefix = await subjectPrefix(scene);
    const wrong: string[] = [];
    for (const [name, subject] of Object.entries(SUBJECTS)) {
      const document = (await roleOf(scene, name))?.Role?.AssumeRolePolicyDocument;
      if (document === undefined) wrong.push(`there is no role ${name}`);
      else if (!decodeURIComponent(document).includes(`"${prefix}${subject}"`))
        wrong.push(`${name} does not trust ${prefix}${subject}`);
    }
    return wrong.length === 0
      ? ok(`they trust ${prefix}`)
      : missing(wrong.join('; '), await bootstrapCommand(scene));
  },
};

const POLICY = 'LornuGithubApply-services';

const zoneRight: Requirement = {
  id: 'aws-zone-right',
  provider: 'aws',
  title: "the apply role may write to staging's zone and to no other",
  after: ['aws-roles'],
  look: async (scene) => {
    const zone = textOf((await stagingVariables(scene))['route53_zone_id']);
    if (!zone) return ok('DNS is not in Route 53: nothing to write to');
    const arn = `arn:aws:iam::${await namedAccount(scene)}:policy/${POLICY}`;
    const found = await orNone(scene.aws.iam.getPolicy({ PolicyArn: arn }), 'NoSuchEntity');
    const version = found?.Policy?.DefaultVersionId;
    if (!version) return missing(`there is no policy ${POLICY}`, await bootstrapCommand(scene));
    const { PolicyVersion } = await scene.aws.iam.getPolicyVersion({ PolicyArn: arn, VersionId: version });
    return decodeURIComponent(PolicyVersion?.Document ?? '').includes(`:hostedzone/${zone}"`)
      ? ok(zone)
      : missing(
          `bootstrap was applied without domain_zone_id=${zone}: the certificate's record would be refused`,
          await bootstrapCommand(scene),
        );
  },
};

const images: Requirement = {
  id: 'aws-image-repository',
  provider: 'aws',
  title: "the image repository lornu-agent is in staging's region",
  after: ['aws-account'],
  look: async (scene) => {
    const region = await stagingRegion(scene);
    const found = await orNone(
      scene.aws.ecr.describeRepositories({ repositoryNames: ['lornu-agent'] }),
      'RepositoryNotFound',
    );
    return found?.repositories?.length
      ? ok(region)
      : missing(`there is none in ${region}`, await bootstrapCommand(scene));
  },
};

/** Secrets that tasks read (terraform/aws/staging/secrets.tf); without values the tasks do not start. */
export function neededSecrets(variables: Variables): string[] {
  const google = variables['google'] as { credentials?: string } | undefined;
  const withKey = google?.credentials === 'key' ? ['gcp-service-account'] : [];
  const byRuntime =
    variables['agent_runtime'] === 'fastapi'
      ? ['gemini-api-key']
      : Object.keys(SECRET_FORMS).filter((name) => name !== 'gcp-service-account');
  return [...byRuntime, ...withKey];
}

const secrets: Requirement = {
  id: 'aws-secrets',
  provider: 'aws',
  title: 'each secret that tasks read has a value',
  after: ['aws-account'],
  look: async (scene) => {
    const variables = await stagingVariables(scene).catch((): Variables => ({}));
    const [absent, empty]: [string[], string[]] = [[], []];
    const names = neededSecrets(variables);
    for (const name of names) {
      const found = await orNone(
        scene.aws.secrets.describeSecret({ SecretId: `${SECRET_PREFIX}${name}` }),
        'ResourceNotFound',
      );
      if (!found) absent.push(name);
      else if (Object.keys(found.VersionIdsToStages ?? {}).length === 0) empty.push(name);
    }
    if (absent.length > 0)
      return missing(`there is no secret ${absent.join(', ')}`, await bootstrapCommand(scene));
    return empty.length > 0
      ? missing(
          `without a value: ${empty.join(', ')}`,
          empty.map((name) => `./lornu secrets set ${name}`).join('; '),
        )
      : ok(names.join(', '));
  },
};

export const BOOTSTRAP: readonly Requirement[] = [oidc, roles, zoneRight, images, secrets];
