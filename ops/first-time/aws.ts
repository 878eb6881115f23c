import { readVariable } from './github-api.ts';
import { missing, ok, unknown, type Requirement } from './requirement.ts';
import { DEFAULT_REGION, stagingRegion, stagingVariables, type Scene, type Variables } from './scene.ts';

/** The AWS account of these credentials. */
async function callerAccount({ aws }: Scene): Promise<string> {
  const { Account } = await aws.sts.getCallerIdentity();
  return Account ?? '';
}

/** Staging's account, as given on the command line or else in the GitHub variable. */
export async function namedAccount(scene: Scene): Promise<string | undefined> {
  return scene.given.account ?? (await readVariable(scene, 'AWS_ACCOUNT_ID').catch(() => undefined));
}

const session: Requirement = {
  id: 'aws-session',
  provider: 'aws',
  title: 'there is a session at AWS',
  look: async (scene) => {
    await callerAccount(scene);
    return ok('signed in');
  },
};

const account: Requirement = {
  id: 'aws-account',
  provider: 'aws',
  title: 'the session is for the account of staging',
  after: [session.id],
  look: async (scene) => {
    const [here, named] = [await callerAccount(scene), await namedAccount(scene)];
    if (!named) {
      return missing(
        `nobody has said which account staging belongs in; this session is for ${here}`,
        `if that is the one: ./lornu setup --account ${here}`,
      );
    }
    return here === named
      ? ok(here)
      : missing(
          `this session is for the account ${here}, and staging belongs in ${named}`,
          `AWS_PROFILE=<a profile of ${named}> ./lornu setup; nothing was asked of ${here}`,
        );
  },
};

const region: Requirement = {
  id: 'aws-region',
  provider: 'aws',
  title: 'staging, the workflow and this session name one region',
  look: async (scene) => {
    const { region: given } = await stagingVariables(scene).catch((): Variables => ({}));
    const atGithub = await readVariable(scene, 'AWS_REGION').catch(() => undefined);
    const named: [string, string][] = [
      ['staging (variable region)', typeof given === 'string' && given ? given : DEFAULT_REGION],
      ...(scene.given.region === undefined ? [] : [['--region', scene.given.region] as [string, string]]),
      ...(atGithub === undefined ? [] : [['AWS_REGION at GitHub', atGithub] as [string, string]]),
      ...(scene.env['AWS_REGION'] === undefined
        ? []
        : [['AWS_REGION here', scene.env['AWS_REGION']] as [string, string]]),
    ];
    const regions = new Set(named.map(([, value]) => value));
    if (regions.size === 1) return ok([...regions].join());
    return missing(
      named.map(([where, value]) => `${where}: ${value}`).join(', '),
      `decide for one; at GitHub: gh variable set AWS_REGION --body ${named[0]?.[1]}; here: export AWS_REGION=${named[0]?.[1]}`,
    );
  },
};

interface Quota {
  id: string;
  title: string;
  service: string;
  code: string;
  /** How many staging needs in total. */
  needs: (variables: Variables) => number;
  /** How many are in use; undefined if that is not counted here. */
  taken: (scene: Scene) => Promise<number>;
}

/** A rolling deployment temporarily runs twice the tasks (deployment_maximum_percent = 200). */
const DEPLOYMENT_FACTOR = 2;

/** The most vCPUs that staging's tasks use at once: during a deployment at the maximum of autoscaling. */
export function mostVcpus(variables: Variables): number {
  const { cpu = 512 } = (variables['task_size'] ?? {}) as { cpu?: number };
  const { max = 6 } = (variables['task_count'] ?? {}) as { max?: number };
  return (cpu / 1024) * max * DEPLOYMENT_FACTOR;
}

// Codes: aws service-quotas list-service-quotas --service-code SERVICE
const QUOTAS: readonly Quota[] = [
  {
    id: 'aws-quota-eip',
    title: 'the account may have the elastic addresses that staging needs',
    service: 'ec2',
    code: 'L-0263D0A3',
    needs: ({ nat_gateway_per_zone: perZone }) => (perZone === true ? 2 : 1),
    taken: async ({ aws }) => (await aws.ec2.describeAddresses()).Addresses?.filter(isNotOurs).length ?? 0,
  },
  {
    id: 'aws-quota-vpc',
    title: 'the account may have one more VPC in the region',
    service: 'vpc',
    code: 'L-F678F1CE',
    needs: () => 1,
    taken: async ({ aws }) => (await aws.ec2.describeVpcs()).Vpcs?.filter(isNotOurs).length ?? 0,
  },
  {
    id: 'aws-quota-fargate',
    title: 'the account may run the vCPUs on Fargate that a deployment at full size takes',
    service: 'fargate',
    code: 'L-3032A538',
    needs: mostVcpus,
    // Staging has its own account: nothing else runs there.
    taken: async () => 0,
  },
];

/** Whether a resource is not one of staging: what staging already has needs no further quota. */
function isNotOurs({ Tags = [] }: { Tags?: { Key?: string; Value?: string }[] | undefined }): boolean {
  return !Tags.some(({ Key, Value }) => Key === 'Source' && Value === 'terraform/aws/staging');
}

const quotas = QUOTAS.map(({ id, title, service, code, needs, taken }): Requirement => ({
  id,
  provider: 'aws',
  title,
  after: [account.id],
  look: async (scene) => {
    const limit = await quotaOf(scene, service, code);
    if (limit === undefined) {
      return unknown(
        `AWS names no value for the quota ${code} of ${service} here`,
        `look at the console: Service Quotas, ${service}, ${code}`,
      );
    }
    const need = needs(await stagingVariables(scene).catch((): Variables => ({})));
    const inUse = await taken(scene);
    const seen = `${limit} allowed, ${inUse} in use by others, ${need} needed`;
    return limit - inUse >= need
      ? ok(seen)
      : missing(
          seen,
          `aws service-quotas request-service-quota-increase --service-code ${service} --quota-code ${code} --desired-value ${Math.ceil(inUse + need)} --region ${await stagingRegion(scene)} (new accounts begin low; it takes hours to days)`,
        );
  },
  optional: true,
}));

/** The account's own quota, else AWS's default; undefined if AWS has neither. */
async function quotaOf({ aws }: Scene, service: string, code: string): Promise<number | undefined> {
  const input = { ServiceCode: service, QuotaCode: code };
  const none = (error: unknown): undefined => {
    if (error instanceof Error && error.name === 'NoSuchResourceException') return undefined;
    throw error;
  };
  const own = await aws.quotas.getServiceQuota(input).catch(none);
  if (own?.Quota?.Value !== undefined) return own.Quota.Value;
  return (await aws.quotas.getAWSDefaultServiceQuota(input).catch(none))?.Quota?.Value;
}

const deployed: Requirement = {
  id: 'aws-deployed',
  provider: 'aws',
  title: 'staging is deployed',
  after: [account.id],
  look: async (scene) => {
    const next =
      "gh workflow run terraform-aws.yml --ref main -f action=deploy; read the plan job's summary, approve, and go on with docs/first-day.md";
    const found = await scene.aws.ecs
      .describeServices({ cluster: 'lornu-staging', services: ['agent'] })
      .catch((error: unknown) => {
        if (error instanceof Error && error.name === 'ClusterNotFoundException') return undefined;
        throw error;
      });
    const service = found?.services?.[0];
    if (!service || service.status === 'INACTIVE') return missing('there is no service yet', next);
    const primary = service.deployments?.find(({ status }) => status === 'PRIMARY');
    if (primary?.rolloutState === 'FAILED') {
      return missing(
        'its last deployment failed, and ECS starts no task until it is told to',
        'docs/operations.md, "Debug a task"; then ./lornu deploy --force-new-deployment',
      );
    }
    const { runningCount = 0, desiredCount = 0 } = service;
    return runningCount >= desiredCount && desiredCount > 0
      ? ok(`${runningCount} of ${desiredCount} tasks run; ./lornu verify looks at what they serve`)
      : missing(`${runningCount} of ${desiredCount} tasks run`, './lornu deploy waits for the others');
  },
};

export const ACCOUNT: readonly Requirement[] = [session, account, region, ...quotas];
export const DEPLOYED: readonly Requirement[] = [deployed];
