import type { Fault } from './faults.ts';

/** A fault: removes the named statement from a policy of the job that plans or applies. */
function without(file: string, sid: string, action: string | RegExp): Fault {
  return {
    id: `without-${sid}`,
    what: `the statement ${sid} is not there`,
    edits: [{ file: `bootstrap/${file}.tf`, statement: sid }],
    found: typeof action === 'string' ? new RegExp(`not authorized to perform: ${action}`) : action,
  };
}

const ROLES = { execution: 'LornuEcsExecutionRole', task: 'LornuEcsTaskRole' } as const;

const deniedCall = (action: string): string => `.{1,120} is not authorized to perform: ${action}`;

/** The same for a role of staging: what AWS and the agent do with it is tried after the apply. */
function withoutIn(of: keyof typeof ROLES, sid: string, denial: string): Fault {
  return {
    id: `without-${of}-${sid}`,
    what: `the role ${ROLES[of]} does not have the statement ${sid}`,
    edits: [{ file: 'staging/iam.tf', statement: sid, of }],
    found: new RegExp(`${ROLES[of]}: ${denial}`),
  };
}

/**
 * Some of the statements that a first apply needs, in groups that do not hide each other. An apply must fail without
 * any of them. tests/infrastructure checks the permissions that the workflow needs beside Terraform (registry,
 * signatures).
 */
export const STATEMENTS: readonly (readonly Fault[])[] = [
  [
    without('apply', 'DnsRecords', 'route53:ChangeResourceRecordSets'),
    without('apply', 'NamesOfEndpoints', 'route53:AssociateVPCWithHostedZone'),
    without('apply', 'Budget', 'budgets:ModifyBudget'),
    without('apply', 'HealthChecks', 'route53:CreateHealthCheck'),
    // An answer to HEAD has no message.
    without('read', 'ReadPeerAuthorities', /HeadObject, https response error StatusCode: 403/),
  ],
  [
    without('apply', 'NetworkOfStaging', 'ec2:'),
    without('apply', 'BucketsOfStaging', 's3:CreateBucket'),
    without('apply_identity', 'CreateBoundedRoles', 'iam:CreateRole'),
  ],
  [
    without('apply', 'ServicesOfStaging', '(ecs|acm|kms|logs|wafv2|elasticloadbalancing|cloudwatch|sns):'),
    without('apply_identity', 'MaintainRoles', 'iam:TagRole'),
    {
      id: 'without-ReadBucketSettings',
      what: 'the settings of buckets may not be read',
      // Without s3:ListBucket too, the provider would wait for a new bucket for twenty minutes.
      edits: [{ file: 'bootstrap/read.tf', from: '      "s3:GetBucket*",\n', to: '' }],
      found: /not authorized to perform: s3:GetBucket/,
    },
  ],
  [
    without('apply_identity', 'PassRoles', 'iam:PassRole'),
    without('apply_identity', 'ServiceLinkedRoles', 'iam:CreateServiceLinkedRole'),
  ],
  [without('read', 'ReadSettings', '\\w+:')],
  [
    withoutIn('execution', 'LogInToRegistry', deniedCall('ecr:GetAuthorizationToken')),
    withoutIn('execution', 'PullOwnImage', deniedCall('ecr:GetDownloadUrlForLayer')),
    withoutIn('execution', 'WriteOwnLogs', deniedCall('logs:CreateLogStream')),
    withoutIn('execution', 'ReadOwnSecrets', deniedCall('secretsmanager:GetSecretValue')),
    withoutIn('task', 'ProtectTasksWhileTheyStream', deniedCall('ecs:UpdateTaskProtection')),
    withoutIn('task', 'ReadOwnSecrets', deniedCall('secretsmanager:GetSecretValue')),
    {
      id: 'without-WriteFlowLogs',
      what: 'the role of the flow logs may not write',
      edits: [
        {
          file: 'staging/iam.tf',
          from: '["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]',
          to: '["logs:DescribeLogGroups"]',
        },
      ],
      found: new RegExp(`LornuFlowLogRole: ${deniedCall('logs:PutLogEvents')}`),
    },
  ],
  [
    withoutIn('execution', 'DecryptOwnSecrets', 'Access to KMS is not allowed'),
    withoutIn('task', 'DecryptOwnSecrets', 'Access to KMS is not allowed'),
  ],
];
