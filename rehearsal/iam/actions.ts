/** Calls whose permission has a different name than the operation. https://docs.aws.amazon.com/service-authorization/latest/reference/ */
const PERMISSIONS: Readonly<Record<string, string>> = {
  'budgets:CreateBudget': 'budgets:ModifyBudget',
  'budgets:CreateNotification': 'budgets:ModifyBudget',
  'budgets:DeleteBudget': 'budgets:ModifyBudget',
  'budgets:UpdateBudget': 'budgets:ModifyBudget',
  'budgets:DescribeBudget': 'budgets:ViewBudget',
  'budgets:DescribeNotificationsForBudget': 'budgets:ViewBudget',
  'budgets:DescribeSubscribersForNotification': 'budgets:ViewBudget',
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
  's3:DeleteBucketEncryption': 's3:PutEncryptionConfiguration',
  's3:DeleteBucketLifecycle': 's3:PutLifecycleConfiguration',
  's3:DeleteBucketOwnershipControls': 's3:PutBucketOwnershipControls',
  's3:DeleteBucketTagging': 's3:PutBucketTagging',
  's3:DeleteObjects': 's3:DeleteObject',
  's3:DeletePublicAccessBlock': 's3:PutBucketPublicAccessBlock',
  's3:GetBucketAccelerateConfiguration': 's3:GetAccelerateConfiguration',
  's3:GetBucketCors': 's3:GetBucketCORS',
  's3:GetBucketEncryption': 's3:GetEncryptionConfiguration',
  's3:GetBucketLifecycleConfiguration': 's3:GetLifecycleConfiguration',
  's3:GetBucketReplication': 's3:GetReplicationConfiguration',
  's3:GetObjectLockConfiguration': 's3:GetBucketObjectLockConfiguration',
  's3:GetPublicAccessBlock': 's3:GetBucketPublicAccessBlock',
  's3:HeadBucket': 's3:ListBucket',
  's3:HeadObject': 's3:GetObject',
  's3:ListBuckets': 's3:ListAllMyBuckets',
  's3:ListObjectVersions': 's3:ListBucketVersions',
  's3:ListObjects': 's3:ListBucket',
  's3:ListObjectsV2': 's3:ListBucket',
  's3:PutBucketEncryption': 's3:PutEncryptionConfiguration',
  's3:PutBucketLifecycleConfiguration': 's3:PutLifecycleConfiguration',
  's3:PutPublicAccessBlock': 's3:PutBucketPublicAccessBlock',
};
/** The same calls need the permission for a version if they name one. */
const OF_A_VERSION: Readonly<Record<string, string>> = {
  's3:GetObject': 's3:GetObjectVersion',
  's3:DeleteObject': 's3:DeleteObjectVersion',
  's3:GetObjectTagging': 's3:GetObjectVersionTagging',
};
/** Calls that everybody may make. https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
const FREE = new Set(['sts:GetCallerIdentity', 'sts:AssumeRoleWithWebIdentity']);

/** Prefixes in policies that differ from botocore's name of the service. */
const PREFIXES: Readonly<Record<string, string>> = { elbv2: 'elasticloadbalancing', s3control: 's3' };

/** The IAM action of an operation; undefined for a call that needs none. */
export function actionOf(operation: string, params: Readonly<Record<string, unknown>>): string | undefined {
  const [service = '', name = ''] = operation.split(':');
  const action = permissionOf(`${PREFIXES[service] ?? service}:${name}`);
  if (action === undefined || params['VersionId'] === undefined) return action;
  return OF_A_VERSION[action] ?? action;
}

/** The permission for a call under its service's prefix in policies; undefined if everybody may make it. */
export function permissionOf(call: string): string | undefined {
  return FREE.has(call) ? undefined : (PERMISSIONS[call] ?? call);
}

/** Whether an IAM pattern with * and ? matches; case-insensitive, as AWS compares actions. */
export function matches(pattern: string, text: string): boolean {
  const expression = pattern
    .replaceAll(/[.+^$()|[\]\\{}]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`, 'i').test(text);
}

/** The permission to tag, which is also required to create a resource with tags. */
export const TAGGING: Readonly<Record<string, string>> = {
  acm: 'acm:AddTagsToCertificate',
  'application-autoscaling': 'application-autoscaling:TagResource',
  budgets: 'budgets:TagResource',
  cloudwatch: 'cloudwatch:TagResource',
  ec2: 'ec2:CreateTags',
  ecr: 'ecr:TagResource',
  ecs: 'ecs:TagResource',
  elasticloadbalancing: 'elasticloadbalancing:AddTags',
  kms: 'kms:TagResource',
  logs: 'logs:TagResource',
  route53: 'route53:ChangeTagsForResource',
  s3: 's3:TagResource',
  secretsmanager: 'secretsmanager:TagResource',
  sns: 'sns:TagResource',
  wafv2: 'wafv2:TagResource',
};
/** IAM has one action for each kind of resource. */
export const IAM_TAGGING: Readonly<Record<string, string>> = {
  'iam:CreateRole': 'iam:TagRole',
  'iam:CreatePolicy': 'iam:TagPolicy',
  'iam:CreateOpenIDConnectProvider': 'iam:TagOpenIDConnectProvider',
};
