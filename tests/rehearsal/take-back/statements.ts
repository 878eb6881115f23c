import type { Fault } from './faults.ts';

/** The statement of this name is taken out of a policy of the job that plans or applies. */
function without(file: string, sid: string, action: string): Fault {
  return {
    id: `without-${sid}`,
    what: `the statement ${sid} is not there`,
    edits: [{ file: `bootstrap/${file}.tf`, statement: sid }],
    found: new RegExp(`not authorized to perform: ${action}`),
  };
}

/**
 * Some of the statements that an apply from nothing needs, in groups that do not hide each other: each one taken away is
 * missed. What the workflow needs beside Terraform (registry, signatures) is missed by tests/infrastructure instead.
 */
export const STATEMENTS: readonly (readonly Fault[])[] = [
  [
    without('apply', 'DnsRecords', 'route53:ChangeResourceRecordSets'),
    without('apply', 'NamesOfEndpoints', 'route53:AssociateVPCWithHostedZone'),
    without('apply', 'Budget', 'budgets:ModifyBudget'),
  ],
  [
    without('apply', 'NetworkOfStaging', 'ec2:'),
    without('apply', 'BucketsOfStaging', 's3:CreateBucket'),
    without('apply_identity', 'CreateBoundedRoles', 'iam:CreateRole'),
  ],
  [without('apply', 'ServicesOfStaging', '(ecs|acm|kms|logs|wafv2|elasticloadbalancing|cloudwatch|sns):')],
  [
    without('apply_identity', 'PassRoles', 'iam:PassRole'),
    without('apply_identity', 'ServiceLinkedRoles', 'iam:CreateServiceLinkedRole'),
  ],
  [without('read', 'ReadSettings', '\\w+:')],
];
