/**
 * A text that occurs exactly once in the file, or the name of a policy statement to remove. `of`: the document of the
 * statement, where several documents of the file have a statement of that name.
 */
export type Edit = { file: string } & ({ from: string; to: string } | { statement: string; of?: string });

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
        {
          file: 'staging/security_groups.tf',
          from: '"To the key set of the token issuer"',
          to: `"To the token issuer's key set"`,
        },
      ],
      found: /InvalidParameterValue: Invalid rule description\. Valid descriptions are strings less than 256/,
    },
    {
      id: 'secret-key',
      what: 'a secret of staging with a key that its maker may not use',
      edits: [
        {
          file: 'staging/secrets.tf',
          from: 'locals {\n',
          to: 'resource "aws_secretsmanager_secret" "own" {\n  name       = "lornu/staging/own"\n  kms_key_id = local.secrets_key_arns[0]\n}\n\nlocals {\n',
        },
        {
          file: 'bootstrap/apply.tf',
          from: '      "sns:CreateTopic",\n',
          to: '      "secretsmanager:CreateSecret",\n      "secretsmanager:TagResource",\n      "sns:CreateTopic",\n',
        },
      ],
      found: /CreateSecret.*Access to KMS is not allowed/,
    },
    {
      id: 'firewall-association',
      what: "the load balancer's side of a firewall is not allowed to the apply role",
      edits: [
        {
          file: 'bootstrap/apply.tf',
          from: '      "elasticloadbalancing:CreateWebACLAssociation",\n',
          to: '',
        },
      ],
      found: /not authorized to perform: elasticloadbalancing:CreateWebACLAssociation/,
    },
    {
      id: 'hosted-zone',
      what: 'the apply role is not told the zone that it writes to',
      edits: [
        {
          file: 'bootstrap/apply.tf',
          from: 'var.domain_zone_id == "" ? "none" : var.domain_zone_id',
          to: 'var.domain_zone_id == "" ? "none" : "none"',
        },
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
        {
          file: 'bootstrap/apply.tf',
          from: '["route53:AssociateVPCWithHostedZone"]',
          to: '["route53:GetChange"]',
        },
      ],
      found: /not authorized to perform: route53:AssociateVPCWithHostedZone/,
    },
  ],
  [
    {
      id: 'firewall-reading',
      what: "the load balancer's side of a firewall may not be read",
      edits: [
        {
          file: 'bootstrap/read.tf',
          from: '      "elasticloadbalancing:GetLoadBalancerWebACL",\n',
          to: '',
        },
      ],
      found: /not authorized to perform: elasticloadbalancing:GetLoadBalancerWebACL/,
    },
  ],
  [
    {
      id: 'alarms-key',
      what: 'alarms and the budget may not use the key of their topic',
      edits: [
        {
          file: 'staging/observability.tf',
          from: '["kms:Decrypt", "kms:GenerateDataKey*"]',
          to: '["kms:Decrypt"]',
        },
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
        {
          file: 'staging/ecs.tf',
          from: 'capabilities       = { add = [], drop = ["ALL"] }',
          to: 'capabilities       = { drop = ["ALL"] }',
        },
      ],
      found: /aws_ecs_task_definition\.agent: (delete and create|create and delete)/,
    },
  ],
  [
    {
      id: 'session-length',
      what: "a job's session is longer than its role allows",
      edits: [
        {
          file: 'bootstrap/github.tf',
          from: 'max_session_duration = 7200',
          to: 'max_session_duration = 3600',
        },
      ],
      found: /DurationSeconds exceeds the MaxSessionDuration/,
    },
  ],
  [
    {
      id: 'subject',
      what: 'a role trusts another form of the subject than the tokens have',
      edits: [
        {
          file: 'bootstrap/github.tf',
          from: '"repo:${var.github_repository}" : var.github_subject_prefix',
          to: '"repo:${var.github_repository}@1" : var.github_subject_prefix',
        },
      ],
      found: /Not authorized to perform sts:AssumeRoleWithWebIdentity/,
    },
  ],
];
