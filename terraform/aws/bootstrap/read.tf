# What a plan must read: settings, never contents. Most Describe and List actions only accept "*"
# (service-authorization reference), so the list of actions is the limit: no GetSecretValue, no
# GetObject of data, no log events.

#tfsec:ignore:aws-iam-no-policy-wildcards
data "aws_iam_policy_document" "read" {
  #checkov:skip=CKV_AWS_356:Describe and List actions accept no resource; the actions read settings only
  statement {
    sid = "ReadSettings"
    actions = [
      "acm:DescribeCertificate",
      "acm:ListTagsForCertificate",
      "application-autoscaling:DescribeScalableTargets",
      "application-autoscaling:DescribeScalingPolicies",
      "application-autoscaling:ListTagsForResource",
      "budgets:ListTagsForResource",
      "budgets:ViewBudget",
      "cloudwatch:DescribeAlarms",
      "cloudwatch:GetDashboard",
      "cloudwatch:ListTagsForResource",
      "ec2:Describe*",
      "ec2:GetSecurityGroupsForVpc",
      "ecr:DescribeImages",
      "ecr:DescribeRepositories",
      "ecs:DescribeClusters",
      "ecs:DescribeServiceDeployments",
      "ecs:DescribeServices",
      "ecs:DescribeTaskDefinition",
      "ecs:DescribeTasks",
      "ecs:ListServiceDeployments",
      "ecs:ListTagsForResource",
      "ecs:ListTasks",
      "elasticloadbalancing:Describe*",
      "elasticloadbalancing:GetLoadBalancerWebACL",
      "iam:GetRole",
      "iam:GetRolePolicy",
      "iam:ListAttachedRolePolicies",
      "iam:ListInstanceProfilesForRole",
      "iam:ListRolePolicies",
      "kms:DescribeKey",
      "kms:GetKeyPolicy",
      "kms:GetKeyRotationStatus",
      "kms:ListAliases",
      "kms:ListResourceTags",
      "logs:DescribeLogGroups",
      "logs:ListTagsForResource",
      "route53:GetChange",
      "route53:GetHealthCheck",
      "route53:GetHostedZone",
      "route53:ListResourceRecordSets",
      "route53:ListTagsForResource",
      "secretsmanager:DescribeSecret",
      "secretsmanager:GetResourcePolicy",
      "sns:GetSubscriptionAttributes",
      "sns:GetTopicAttributes",
      "sns:ListSubscriptionsByTopic",
      "sns:ListTagsForResource",
      "wafv2:GetLoggingConfiguration",
      "wafv2:GetWebACL",
      "wafv2:GetWebACLForResource",
      "wafv2:ListTagsForResource",
    ]
    resources = ["*"]
  }

  # Bucket settings: the provider reads all kinds of them.
  statement {
    sid = "ReadBucketSettings"
    actions = [
      "s3:GetAccelerateConfiguration",
      "s3:GetBucket*",
      "s3:GetEncryptionConfiguration",
      "s3:GetLifecycleConfiguration",
      "s3:GetReplicationConfiguration",
      "s3:ListBucket",
      "s3:ListTagsForResource",
    ]
    resources = ["arn:aws:s3:::lornu-staging-*"]
  }

  # The CAs of mutual TLS: public certificates that Terraform itself put there.
  statement {
    sid       = "ReadPeerAuthorities"
    actions   = ["s3:GetObject", "s3:GetObjectTagging", "s3:GetObjectVersion"]
    resources = ["arn:aws:s3:::lornu-staging-peer-authorities-${local.account_id}/*"]
  }

  # Whatever is added above, a plan never sees a secret's value.
  statement {
    sid       = "NeverSecretValues"
    effect    = "Deny"
    actions   = ["kms:Decrypt", "secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue"]
    resources = ["*"]
  }
}
