import { SERVICE_AUTHORIZATION } from '../../plan/service-authorization.ts';
import { IAM_TAGGING, matches, permissionOf, TAGGING } from '@lornu/rehearsal/iam/actions.ts';

/**
 * The permissions that a pipeline role needs, derived from the calls that Terraform's provider really made while it
 * created the environment. https://docs.aws.amazon.com/service-authorization/latest/reference/
 */

/** By the action in lower case: AWS compares actions case-insensitively. */
const DEPENDENT: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(SERVICE_AUTHORIZATION.dependent).map(([action, needed]) => [action.toLowerCase(), needed]),
);

const READS = /:(Batch)?(Describe|Get|List|Head|View)/;

/** The reverse of a call, if `OPPOSITES` does not give it. */
const UNDOES: Readonly<Record<string, readonly string[]>> = {
  'acm:RequestCertificate': ['acm:DeleteCertificate'],
  'cloudwatch:PutCompositeAlarm': ['cloudwatch:DeleteAlarms'],
  'cloudwatch:PutDashboard': ['cloudwatch:DeleteDashboards'],
  'cloudwatch:PutMetricAlarm': ['cloudwatch:DeleteAlarms'],
  'ec2:AllocateAddress': ['ec2:ReleaseAddress', 'ec2:DisassociateAddress'],
  'ec2:CreateVpcEndpoint': ['ec2:DeleteVpcEndpoints'],
  'kms:CreateKey': ['kms:ScheduleKeyDeletion'],
  // Deleted with its log group.
  'logs:PutRetentionPolicy': [],
  's3:CreateBucket': ['s3:DeleteBucket', 's3:DeleteBucketPolicy', 's3:ListBucketVersions'],
  's3:PutObject': ['s3:DeleteObject', 's3:DeleteObjectVersion'],
};

/** Calls that change a resource in place, as a later apply does; the provider's own update calls. */
const CHANGES: Readonly<Record<string, readonly string[]>> = {
  'ec2:AuthorizeSecurityGroupIngress': ['ec2:ModifySecurityGroupRules'],
  'ec2:CreateRoute': ['ec2:ReplaceRoute'],
  'ec2:AssociateRouteTable': ['ec2:ReplaceRouteTableAssociation'],
  'ec2:CreateSubnet': ['ec2:ModifySubnetAttribute'],
  'ec2:CreateVpcEndpoint': ['ec2:ModifyVpcEndpoint'],
  'ecs:CreateCluster': ['ecs:UpdateCluster', 'ecs:UpdateClusterSettings'],
  'ecs:CreateService': ['ecs:UpdateService'],
  'elasticloadbalancing:CreateListener': [
    'elasticloadbalancing:ModifyListener',
    'elasticloadbalancing:ModifyListenerAttributes',
  ],
  'elasticloadbalancing:CreateLoadBalancer': [
    'elasticloadbalancing:SetSecurityGroups',
    'elasticloadbalancing:SetSubnets',
  ],
  'elasticloadbalancing:CreateRule': [
    'elasticloadbalancing:ModifyRule',
    'elasticloadbalancing:SetRulePriorities',
  ],
  'elasticloadbalancing:CreateTargetGroup': ['elasticloadbalancing:ModifyTargetGroup'],
  'elasticloadbalancing:CreateTrustStore': ['elasticloadbalancing:ModifyTrustStore'],
  'iam:CreateRole': [
    'iam:PutRolePermissionsBoundary',
    'iam:UpdateAssumeRolePolicy',
    'iam:UpdateRole',
    'iam:UpdateRoleDescription',
  ],
  'kms:CreateAlias': ['kms:UpdateAlias'],
  'kms:CreateKey': ['kms:PutKeyPolicy', 'kms:UpdateKeyDescription'],
  'logs:CreateLogGroup': ['logs:AssociateKmsKey'],
  'route53:CreateHealthCheck': ['route53:UpdateHealthCheck'],
  'secretsmanager:CreateSecret': ['secretsmanager:UpdateSecret'],
  'sns:Subscribe': ['sns:SetSubscriptionAttributes'],
  'wafv2:CreateWebACL': ['wafv2:UpdateWebACL'],
};

/** Permissions that AWS requires for a call but does not list in its reference, each with the page that says so. */
const IMPLIED: Readonly<Record<string, readonly string[]>> = {
  // A role is passed to a service. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
  'ecs:RegisterTaskDefinition': ['iam:PassRole'],
  // The provider passes the linked role in each update of a target.
  // https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html (RoleARN)
  'application-autoscaling:RegisterScalableTarget': ['iam:PassRole', 'iam:CreateServiceLinkedRole'],
  // The first use of a service in an account.
  // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using-service-linked-roles.html
  'ecs:CreateService': ['iam:CreateServiceLinkedRole'],
  // https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html
  'wafv2:PutLoggingConfiguration': [
    'logs:CreateLogDelivery',
    'logs:DeleteLogDelivery',
    'logs:UpdateLogDelivery',
    'logs:PutResourcePolicy',
    'logs:DescribeResourcePolicies',
  ],
  // Settings of a bucket that the emulator does not distinguish from its creation.
  's3:CreateBucket': ['s3:PutEncryptionConfiguration', 's3:PutBucketPublicAccessBlock'],
  // The provider sends the default tags with the object.
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html (x-amz-tagging)
  's3:PutObject': ['s3:PutObjectTagging'],
  // Secrets Manager tests a customer managed key with the caller's permissions, even for an empty secret; the
  // encryption context then contains SecretVersionId = RequestToValidateKeyAccess.
  // https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
  'secretsmanager:CreateSecret': ['kms:Decrypt', 'kms:GenerateDataKey'],
  'secretsmanager:UpdateSecret': ['kms:Decrypt', 'kms:GenerateDataKey'],
};

/** Dependent actions of the reference for features that this environment does not use. */
const NOT_OURS: readonly [pattern: string, why: string][] = [
  ['amplify:*', 'the firewall stands before a load balancer'],
  ['apigateway:*', 'the firewall stands before a load balancer'],
  ['apprunner:*', 'the firewall stands before a load balancer'],
  ['appsync:*', 'the firewall stands before a load balancer'],
  ['cognito-idp:*', 'the firewall stands before a load balancer'],
  ['ec2:*VerifiedAccess*', 'the firewall stands before a load balancer'],
  ['wafv2:*PermissionPolicy', 'of user pools, App Runner and Verified Access, never of a load balancer'],
  ['ecs:List*', 'flow logs without the fields of ECS'],
  ['billing:GetBillingViewData', "a budget on another billing view than the account's own"],
];
/** Dependent actions that are only needed for some uses of a call, and not for ours. */
const NOT_HERE = new Set([
  // Roles that log an SNS topic's deliveries; multi-Region keys; actions of a budget.
  'sns:CreateTopic iam:PassRole',
  'sns:SetTopicAttributes iam:PassRole',
  'kms:CreateKey iam:CreateServiceLinkedRole',
  'budgets:ModifyBudget iam:CreateServiceLinkedRole',
]);

/** What the workflow's jobs do besides Terraform: the check from inside the network, and reading a deploy. */
const WORKFLOW_CHANGES = ['ecs:RunTask', 'ecs:StopTask'];
/**
 * A signature is read from the registry like an image; listing referrers of an image needs BatchGetImage.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ListImageReferrers.html
 */
const SIGNATURE_READS = ['ecr:BatchGetImage', 'ecr:GetAuthorizationToken', 'ecr:GetDownloadUrlForLayer'];
const WORKFLOW_READS = [
  'ecr:DescribeImages',
  'ecs:DescribeServiceDeployments',
  'ecs:DescribeTasks',
  'ecs:ListServiceDeployments',
  'ecs:ListTasks',
];
/**
 * Reads by the provider or AWS itself in situations that the rehearsal does not reach: no task, no image, no pending
 * mail, no change.
 */
const MORE_READS = [
  // The provider searches the topic for a subscription that it cannot find.
  'sns:ListSubscriptionsByTopic',
  'ec2:GetSecurityGroupsForVpc',
  'ecr:DescribeRepositories',
  'ecs:ListTagsForResource',
  'iam:ListInstanceProfilesForRole',
  's3:GetBucketPublicAccessBlock',
  's3:GetEncryptionConfiguration',
  's3:GetReplicationConfiguration',
  's3:GetObjectVersion',
];

/** Permissions to read what is planned. */
export function neededToPlan(called: readonly string[]): Set<string> {
  const reads = permissions(called).filter((action) => READS.test(action));
  return new Set([...reads, ...reads.flatMap(dependents), ...MORE_READS, ...WORKFLOW_READS]);
}

/** Permissions to create, change and destroy what is planned, and to verify its image, in addition to reading. */
export function neededToApply(called: readonly string[]): Set<string> {
  const writes = permissions(called).filter((action) => !READS.test(action));
  const own = [
    ...writes,
    ...writes.flatMap(undoing),
    ...writes.flatMap((action) => CHANGES[action] ?? []),
    ...WORKFLOW_CHANGES,
  ];
  return new Set([
    ...own,
    ...own.flatMap((action) => IMPLIED[action] ?? []),
    // Reads that a write depends on are among the other reads.
    ...own.flatMap(dependents).filter((action) => !READS.test(action)),
    ...writes.flatMap(tagging),
    ...SIGNATURE_READS,
  ]);
}

/** The "Dependent actions" of AWS's reference for an action, as far as they concern this environment. */
function dependents(action: string): string[] {
  const listed = DEPENDENT.get(action.toLowerCase()) ?? [];
  return listed.filter(
    (one) => !NOT_OURS.some(([pattern]) => matches(pattern, one)) && !NOT_HERE.has(`${action} ${one}`),
  );
}

/** Whether AWS knows an action, or any action that matches a pattern. */
export function isKnown(pattern: string): boolean {
  const [service = '', name = ''] = pattern.split(':');
  return (SERVICE_AUTHORIZATION.actions[service] ?? []).some((one) => matches(name, one));
}

function permissions(called: readonly string[]): string[] {
  // Only the rehearsal asks for a user.
  const ours = called.filter((action) => action !== 'iam:GetUser');
  return [...new Set(ours.flatMap((action) => permissionOf(action) ?? []))];
}

/** Tagging is a separate permission, even when a resource is created with its tags. */
function tagging(action: string): string[] {
  const tag = IAM_TAGGING[action] ?? TAGGING[action.split(':')[0] ?? ''];
  if (!tag) return [];
  const untag = tag
    .replace(':Tag', ':Untag')
    .replace(':CreateTags', ':DeleteTags')
    .replace(':AddTags', ':RemoveTags')
    .replace('ToCertificate', 'FromCertificate');
  return [tag, untag];
}

/** The verb that undoes a verb. */
const OPPOSITES: readonly [verb: string, opposite: string][] = [
  ['Create', 'Delete'],
  ['Put', 'Delete'],
  ['Associate', 'Disassociate'],
  ['Attach', 'Detach'],
  ['Authorize', 'Revoke'],
  ['Register', 'Deregister'],
  ['Subscribe', 'Unsubscribe'],
];

function undoing(action: string): readonly string[] {
  if (UNDOES[action]) return UNDOES[action];
  const [service = '', name = ''] = action.split(':');
  const [verb = '', opposite] = OPPOSITES.find(([one]) => name.startsWith(one)) ?? [];
  if (opposite === undefined || name.endsWith('Tags')) return [];
  const undo = `${service}:${opposite}${name.slice(verb.length)}`;
  // Many settings are put and never deleted. Whatever is created can be deleted: a wrong name is reported.
  return verb === 'Create' || isKnown(undo) ? [undo] : [];
}
