/**
 * A text that occurs exactly once in the file, or the name of a policy statement to remove. `of`: the document of the
 * statement, where several documents of the file have a statement of that name.
 */
export type Edit = { file: string } & ({ from: string; to: string } | { statement: string; of?: string });

const change = (file: string, from: string, to: string): Edit => ({ file, from, to });

/**
 * A fault that a real first apply would have met and that was corrected: its correction is taken back, and it must be
 * found.
 */
export interface Fault {
  id: string;
  what: string;
  /** In files under terraform/aws. */
  edits: readonly Edit[];
  /** What the rehearsal says: AWS's own words, or the difference of the second plan. */
  found: RegExp;
}

/** Those in one group do not hide each other: one apply meets them all. */
export const GROUPS: readonly (readonly Fault[])[] = [
  [
    {
      id: 'rule-description',
      what: "an apostrophe in a security group rule's description",
      edits: [
        change(
          'staging/security_groups.tf',
          '"To the key set of the token issuer"',
          `"To the token issuer's key set"`,
        ),
      ],
      found: /InvalidParameterValue: Invalid rule description\. Valid descriptions are strings less than 256/,
    },
    {
      id: 'secret-key',
      what: 'a secret of staging with a key that its maker may not use',
      edits: [
        change(
          'staging/secrets.tf',
          'locals {\n',
          'resource "aws_secretsmanager_secret" "own" {\n  name       = "lornu/staging/own"\n  kms_key_id = local.secrets_key_arns[0]\n}\n\nlocals {\n',
        ),
        change(
          'bootstrap/apply.tf',
          '      "sns:CreateTopic",\n',
          '      "secretsmanager:CreateSecret",\n      "secretsmanager:TagResource",\n      "sns:CreateTopic",\n',
        ),
      ],
      found: /CreateSecret.*Access to KMS is not allowed/,
    },
    {
      id: 'firewall-association',
      what: "the load balancer's side of a firewall is not allowed to the apply role",
      edits: [change('bootstrap/apply.tf', '      "elasticloadbalancing:CreateWebACLAssociation",\n', '')],
      found: /not authorized to perform: elasticloadbalancing:CreateWebACLAssociation/,
    },
    {
      id: 'hosted-zone',
      what: 'the apply role is not told the zone that it writes to',
      edits: [
        change(
          'bootstrap/apply.tf',
          'var.domain_zone_id == "" ? "none" : var.domain_zone_id',
          'var.domain_zone_id == "" ? "none" : "none"',
        ),
      ],
      found:
        /not authorized to perform: route53:ChangeResourceRecordSets on resource: arn:aws:route53:::hostedzone/,
    },
    {
      id: 'object-tags',
      what: 'the default tags of an object are not allowed to the apply role',
      edits: [{ file: 'bootstrap/apply.tf', from: '      "s3:PutObjectTagging",\n', to: '' }],
      found: /not authorized to perform: s3:PutObjectTagging/,
    },
    {
      id: 'endpoint-names',
      what: 'private names of interface endpoints are not allowed to the apply role',
      edits: [
        change('bootstrap/apply.tf', '["route53:AssociateVPCWithHostedZone"]', '["route53:GetChange"]'),
      ],
      found: /not authorized to perform: route53:AssociateVPCWithHostedZone/,
    },
  ],
  [
    {
      id: 'firewall-reading',
      what: "the load balancer's side of a firewall may not be read",
      edits: [change('bootstrap/read.tf', '      "elasticloadbalancing:GetLoadBalancerWebACL",\n', '')],
      found: /not authorized to perform: elasticloadbalancing:GetLoadBalancerWebACL/,
    },
  ],
  [
    {
      id: 'alarms-key',
      what: 'alarms and the budget may not use the key of their topic',
      edits: [
        change('staging/observability.tf', '["kms:Decrypt", "kms:GenerateDataKey*"]', '["kms:Decrypt"]'),
      ],
      found:
        /alarms and budgets would not be heard.*cloudwatch\.amazonaws\.com is not authorized to perform: kms:GenerateDataKey/,
    },
  ],
  [
    {
      id: 'capabilities',
      what: 'a task definition that leaves out what ECS fills in',
      edits: [
        change(
          'staging/ecs.tf',
          'capabilities       = { add = [], drop = ["ALL"] }',
          'capabilities       = { drop = ["ALL"] }',
        ),
      ],
      found: /aws_ecs_task_definition\.agent: (delete and create|create and delete)/,
    },
  ],
  [
    {
      id: 'session-length',
      what: "a job's session is longer than its role allows",
      edits: [change('bootstrap/github.tf', 'max_session_duration = 7200', 'max_session_duration = 3600')],
      found: /DurationSeconds exceeds the MaxSessionDuration/,
    },
  ],
  [
    {
      id: 'subject',
      what: 'a role trusts another form of the subject than the tokens have',
      edits: [
        change(
          'bootstrap/github.tf',
          '"repo:${var.github_repository}" : var.github_subject_prefix',
          '"repo:${var.github_repository}@1" : var.github_subject_prefix',
        ),
      ],
      found: /Not authorized to perform sts:AssumeRoleWithWebIdentity/,
    },
  ],
];
