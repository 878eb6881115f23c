import type { Fault } from './faults.ts';

/** A fault: removes the named statement from a policy of the job that plans or applies. */
function without(file: string, sid: string, action: string): Fault {
  return {
    id: `without-${sid}`,
    what: `the statement ${sid} is not there`,
    edits: [{ file: `bootstrap/${file}.tf`, statement: sid }],
    found: new RegExp(`not authorized to perform: ${action}`),
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
