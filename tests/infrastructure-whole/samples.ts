import type { StackName } from '@lornu/rehearsal/terraform/stacks.ts';

/** A change of the files, and the mutant of the planned data that should say the same. */
export interface Sample {
  mutant: string;
  file: string;
  /** The first line of the changed block; left out if it is the resource that the mutant names. */
  block?: string;
  edit: (block: string) => string;
}

const document = (name: string) => `data "aws_iam_policy_document" "${name}" {`;

/** One or more of each kind of operator: values, blocks, resources, references, policies, tags, variables. */
export const SAMPLES: readonly Sample[] = [
  {
    mutant: 'open-port: staging aws_vpc_security_group_ingress_rule.tasks_alb from_port -> 0',
    file: 'security_groups.tf',
    edit: (text) => text.replace(/from_port( +)= 8080/, 'from_port$1= 0'),
  },
  {
    mutant: 'widen-range: staging aws_vpc_security_group_egress_rule.tasks_dns cidr_ipv4 -> 0.0.0.0/0',
    file: 'security_groups.tf',
    edit: (text) => text.replace('"${cidrhost(var.vpc_cidr, 2)}/32"', '"0.0.0.0/0"'),
  },
  {
    mutant: 'flip-flag: staging aws_lb.staging drop_invalid_header_fields -> false',
    file: 'alb.tf',
    edit: (text) => text.replace('drop_invalid_header_fields = true', 'drop_invalid_header_fields = false'),
  },
  {
    mutant: 'flip-flag: staging aws_subnet.private map_public_ip_on_launch -> true',
    file: 'vpc.tf',
    edit: (text) => text.replace('map_public_ip_on_launch = false', 'map_public_ip_on_launch = true'),
  },
  {
    mutant:
      'flip-flag: staging aws_ecs_task_definition.agent container_definitions.0.readonlyRootFilesystem -> false',
    file: 'ecs.tf',
    edit: (text) => text.replace('readonlyRootFilesystem = true', 'readonlyRootFilesystem = false'),
  },
  {
    mutant: 'weaken-value: staging aws_lb_listener.https ssl_policy -> ELBSecurityPolicy-2016-08',
    file: 'alb.tf',
    edit: (text) => text.replace(/ssl_policy = "[^"]+"/, 'ssl_policy = "ELBSecurityPolicy-2016-08"'),
  },
  {
    mutant: 'weaken-value: staging aws_cloudwatch_metric_alarm.no_running_task treat_missing_data -> missing',
    file: 'alarms.tf',
    edit: (text) => text.replace('"breaching"', '"missing"'),
  },
  {
    mutant: 'drop-value: staging aws_cloudwatch_log_group.agent kms_key_id -> nothing',
    file: 'observability.tf',
    edit: (text) => text.replace(/ +kms_key_id .*\n/, ''),
  },
  {
    mutant: 'other-text: staging aws_cloudwatch_log_group.flow name -> another',
    file: 'observability.tf',
    edit: (text) => text.replace('"/vpc/${local.name}"', '"/vpc/lornu-staginx"'),
  },
  {
    mutant:
      'swap-reference: staging aws_route_table_association.private route_table_id -> aws_route_table.public',
    file: 'vpc.tf',
    edit: (text) => text.replace('aws_route_table.private[each.key].id', 'aws_route_table.public.id'),
  },
  {
    mutant: 'drop-value: bootstrap aws_secretsmanager_secret.staging kms_key_id -> nothing',
    file: 'secrets.tf',
    edit: (text) => text.replace(/ +kms_key_id .*\n/, ''),
  },
  {
    mutant:
      'drop-block: staging aws_s3_bucket_lifecycle_configuration.access_logs rule.0.noncurrent_version_expiration.0 -> nothing',
    file: 'access_logs.tf',
    edit: (text) => text.replace(/ +noncurrent_version_expiration \{[^}]*\}\n/, ''),
  },
  {
    mutant:
      'drop-element: staging aws_lb_listener_rule.token condition.0.path_pattern.0.values.1 -> without /a2a/*',
    file: 'alb_rules.tf',
    block: 'locals {',
    edit: (text) => text.replace('["/a2a", "/a2a/*"]', '["/a2a"]'),
  },
  {
    mutant: 'drop-resource: staging aws_wafv2_web_acl_association.alb',
    file: 'waf.tf',
    edit: () => '',
  },
  {
    mutant: 'drop-depends-on: staging aws_ecs_service.agent -> without aws_lb_listener_rule.token',
    file: 'ecs.tf',
    edit: (text) => text.replace(/ +aws_lb_listener_rule\.token,\n/, ''),
  },
  {
    mutant: 'widen-action: staging aws_iam_role_policy.task policy.Statement.0 -> *',
    file: 'iam.tf',
    block: document('task'),
    edit: (text) => text.replace('["logs:CreateLogStream", "logs:PutLogEvents"]', '["*"]'),
  },
  {
    mutant: 'widen-resource: staging aws_vpc_endpoint.s3 policy.Statement.0 -> *',
    file: 'endpoints.tf',
    block: document('s3_endpoint'),
    edit: (text) => text.replace(/resources = \[.*\]/, 'resources = ["*"]'),
  },
  {
    mutant: 'loosen-condition: staging aws_iam_role.execution assume_role_policy.Statement.0 -> nothing',
    file: 'iam.tf',
    block: document('ecs_tasks_trust'),
    edit: (text) => text.replace(/ {4}condition \{\n[\s\S]*?\n {4}\}\n/g, ''),
  },
  {
    mutant: 'drop-statement: bootstrap aws_kms_key.secrets policy.Statement.1 -> nothing',
    file: 'secrets.tf',
    block: document('secrets_key'),
    edit: (text) => text.replace(/ {2}statement \{\n {4}sid +=\s"SecretsManagerOnly"[\s\S]*\n {2}\}\n/, ''),
  },
  {
    mutant: 'change-tag: staging default_tags Environment -> nothing',
    file: 'main.tf',
    block: 'provider "aws" {',
    edit: (text) => text.replace(/ +Environment = .*\n/, ''),
  },
  {
    mutant: 'other-default: staging deletion_protection',
    file: 'variables.tf',
    block: 'variable "deletion_protection" {',
    edit: (text) => text.replace(/default( +)= true/, 'default$1= false'),
  },
  {
    mutant: 'weaken-value: bootstrap aws_ecr_repository.agent image_tag_mutability -> MUTABLE',
    file: 'repository.tf',
    edit: (text) => text.replace('"IMMUTABLE"', '"MUTABLE"'),
  },
  {
    mutant: 'widen-resource: bootstrap aws_iam_role_policy.publish policy.Statement.1 -> *',
    file: 'repository.tf',
    block: document('publish'),
    edit: (text) => text.replace('[aws_ecr_repository.agent.arn]', '["*"]'),
  },
];

/** "operator: stack type.name ...": the stack whose files are changed, and the resource's first line. */
export function changedIn(mutant: string): { stack: StackName; resource: string } {
  const [, stack, type, name] = /: (staging|bootstrap) (?:(\w+)\.(\w+))?/.exec(mutant) ?? [];
  return { stack: stack as StackName, resource: `resource "${type}" "${name}" {` };
}

/** The file with its one block changed; throws if a sample no longer matches the files. */
export function edited(text: string, sample: Sample): string {
  const { mutant, edit, block = changedIn(mutant).resource } = sample;
  const at = text.indexOf(`${block}\n`);
  const end = text.indexOf('\n}\n', at);
  if (at === -1 || end === -1) throw new Error(`${mutant}: no block "${block}" in the file`);
  const before = text.slice(at, end + 3);
  const after = edit(before);
  if (after === before)
    throw new Error(`${mutant}: the block has changed, the sample does not fit it any more`);
  return text.slice(0, at) + after + text.slice(end + 3);
}
