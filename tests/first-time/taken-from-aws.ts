import { valuesWith, type TakenAway } from './taken-elsewhere.ts';
import { ACCOUNT, setSecrets, type FirstTimeFixture } from './fixture.ts';

const APPLY = '-chdir=terraform/aws/bootstrap apply -var github_repository=lornu-ai/lornu-aws-staging';
const quota = (id: string, code: string, limit: number, service: string, wanted: number): TakenAway => ({
  id,
  how: 'the quota is too low',
  seen: `${limit} allowed`,
  next: `request-service-quota-increase --service-code ${service} --quota-code ${code} --desired-value ${wanted}`,
  take: ({ front }) => front.quotas.set(code, limit),
  giveBack: ({ front }) => front.quotas.set(code, 16),
});
const failoverRecord =
  (Action: 'CREATE' | 'DELETE') =>
  async ({ aws, variables }: FirstTimeFixture) =>
    aws.route53.changeResourceRecordSets({
      HostedZoneId: String(variables['route53_zone_id']),
      ChangeBatch: {
        Changes: [
          {
            Action,
            ResourceRecordSet: {
              Name: 'chat.lornu.ai',
              Type: 'A',
              TTL: 3600,
              ResourceRecords: [{ Value: '192.0.2.1' }],
            },
          },
        ],
      },
    });
const providers = async ({ aws }: FirstTimeFixture) =>
  (await aws.iam.listOpenIDConnectProviders({})).OpenIDConnectProviderList ?? [];
const policy = `arn:aws:iam::${ACCOUNT}:policy/LornuGithubApply-services`;
const zonePolicy = (zone: string) => ({
  PolicyArn: policy,
  SetAsDefault: true,
  PolicyDocument: JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: 'route53:ChangeResourceRecordSets',
        Resource: `arn:aws:route53:::hostedzone/${zone}`,
      },
    ],
  }),
});
const trust = (subject: string) => ({
  RoleName: 'LornuGithubApplyRole',
  PolicyDocument: JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: 'sts:AssumeRoleWithWebIdentity',
        Principal: { Federated: '*' },
        Condition: { StringEquals: { 'token.actions.githubusercontent.com:sub': subject } },
      },
    ],
  }),
});
let servers: string[] = [];

/** Every prerequisite at AWS, and of DNS. The last one is not restored. */
export const TAKEN_FROM_AWS: readonly TakenAway[] = [
  {
    id: 'aws-session',
    how: 'expired',
    seen: 'AWS does not accept the credentials',
    next: 'aws sso login',
    take: ({ front }) => front.refused.set('*', 'ExpiredToken'),
    giveBack: ({ front }) => front.refused.clear(),
  },
  {
    id: 'aws-account',
    how: 'another account',
    given: () => ({ account: '999999999999' }),
    seen: `this session is for the account ${ACCOUNT}, and staging belongs in 999999999999`,
    next: 'AWS_PROFILE=<a profile of 999999999999>',
  },
  {
    id: 'aws-region',
    how: 'two regions',
    env: { AWS_REGION: 'eu-west-1' },
    seen: 'AWS_REGION here: eu-west-1',
    next: 'export AWS_REGION=us-east-1',
  },
  quota('aws-quota-eip', 'L-0263D0A3', 0, 'ec2', 1),
  quota('aws-quota-vpc', 'L-F678F1CE', 1, 'vpc', 2),
  quota('aws-quota-fargate', 'L-3032A538', 4, 'fargate', 6),
  {
    id: 'dns-name',
    how: 'zone and certificate',
    given: valuesWith({ certificate_arn: 'arn:aws:acm:us-east-1:1:certificate/x' }),
    seen: 'one of them',
    next: '--variables FILE',
  },
  {
    id: 'dns-zone',
    how: 'a zone that is not there',
    given: valuesWith({ route53_zone_id: 'Z0000000000000' }),
    seen: 'there is no zone Z0000000000000',
    next: 'aws route53 list-hosted-zones',
  },
  {
    id: 'dns-zone',
    how: 'a domain of another zone',
    given: valuesWith({ domain_name: 'x.example.org' }),
    seen: 'does not lie in the zone lornu.ai',
    next: 'correct domain_name',
  },
  {
    id: 'dns-delegation',
    how: 'delegated elsewhere',
    seen: 'lornu.ai is delegated to ns1.elsewhere.example',
    next: 'set these NS records: ns-',
    take: ({ dns }) => {
      servers = dns.ns.get('lornu.ai') ?? [];
      dns.ns.set('lornu.ai', ['ns1.elsewhere.example']);
    },
    giveBack: ({ dns }) => dns.ns.set('lornu.ai', servers),
  },
  {
    id: 'dns-caa',
    how: "a parent's CAA record for somebody else",
    seen: 'the CAA records of lornu.ai let only letsencrypt.org issue',
    next: 'lornu.ai. CAA 0 issue "amazon.com"',
    take: ({ dns }) => dns.caa.set('lornu.ai', ['letsencrypt.org']),
    // A CAA record that names Amazon too does not block it.
    giveBack: ({ dns }) => dns.caa.set('lornu.ai', ['letsencrypt.org', 'amazon.com; policy=ev']),
  },
  {
    id: 'dns-certificate',
    how: 'an ARN of nothing',
    given: valuesWith({
      route53_zone_id: '',
      certificate_arn: `arn:aws:acm:us-east-1:${ACCOUNT}:certificate/00000000-0000-0000-0000-000000000000`,
    }),
    seen: 'there is none with that ARN',
    next: 'aws acm request-certificate --domain-name aws-staging.lornu.ai',
  },
  {
    id: 'dns-failover',
    how: 'a plain record in the way',
    given: valuesWith({ failover_domain_name: 'chat.lornu.ai', google_cloud_address: '192.0.2.1' }),
    seen: 'chat.lornu.ai has a plain A record, TTL 3600',
    next: 'lower its TTL to 60',
    take: failoverRecord('CREATE'),
    giveBack: failoverRecord('DELETE'),
  },
  {
    id: 'aws-roles',
    how: 'a trust policy without the ids of the repository',
    seen: 'LornuGithubApplyRole does not trust repo:lornu-ai@123456',
    next: `${APPLY} -var github_subject_prefix=repo:lornu-ai@123456`,
    take: async ({ aws }) =>
      aws.iam.updateAssumeRolePolicy(trust('repo:lornu-ai/lornu-aws-staging:environment:staging')),
    giveBack: async ({ aws, github }) =>
      aws.iam.updateAssumeRolePolicy(trust(`${github.subjectPrefix}:environment:staging`)),
  },
  {
    id: 'aws-zone-right',
    how: 'bootstrap without the zone',
    seen: 'bootstrap was applied without domain_zone_id=',
    next: '-var domain_zone_id=',
    take: async ({ aws }) => aws.iam.createPolicyVersion(zonePolicy('none')),
    giveBack: async ({ aws, variables }) =>
      aws.iam.createPolicyVersion(zonePolicy(String(variables['route53_zone_id']))),
  },
  {
    id: 'aws-image-repository',
    how: 'none in the region',
    seen: 'there is none in us-east-1',
    next: APPLY,
    take: async ({ aws }) => aws.ecr.deleteRepository({ repositoryName: 'lornu-agent' }),
    giveBack: async ({ aws }) => aws.ecr.createRepository({ repositoryName: 'lornu-agent' }),
  },
  {
    id: 'aws-secrets',
    how: 'one without a value',
    seen: 'without a value: session-key',
    next: './lornu secrets set session-key',
    take: async ({ aws }) => {
      const SecretId = 'lornu/staging/session-key';
      await aws.secrets.deleteSecret({ SecretId, ForceDeleteWithoutRecovery: true });
      await aws.secrets.createSecret({ Name: SecretId });
    },
    giveBack: async (fixture) => setSecrets(fixture, ['session-key']),
  },
  {
    id: 'aws-deployed',
    how: 'a task is not there',
    seen: '2 of 3 tasks run',
    next: './lornu deploy',
    take: async ({ aws }) =>
      aws.ecs.updateService({ cluster: 'lornu-staging', service: 'agent', desiredCount: 3 }),
    giveBack: async ({ aws }) =>
      aws.ecs.updateService({ cluster: 'lornu-staging', service: 'agent', desiredCount: 2 }),
  },
  {
    id: 'aws-oidc-provider',
    how: 'deleted under its roles',
    seen: 'the provider that they trust is not',
    next: APPLY,
    take: async (fixture) => {
      for (const { Arn } of await providers(fixture)) {
        await fixture.aws.iam.deleteOpenIDConnectProvider({ OpenIDConnectProviderArn: Arn });
      }
    },
  },
];
