# What an apply may do with identities: create bounded roles of staging, and nothing that would
# extend its own permissions.

data "aws_iam_policy_document" "apply_identity" {
  #checkov:skip=CKV_AWS_109:Roles can be managed only within the boundary, which this document also protects
  # Roles are made only with the boundary: no role made here can exceed it.
  statement {
    sid       = "CreateBoundedRoles"
    actions   = ["iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"]
    resources = local.staging_role_arns

    condition {
      test     = "StringEquals"
      variable = "iam:PermissionsBoundary"
      values   = [aws_iam_policy.boundary.arn]
    }
  }

  statement {
    sid       = "MaintainRoles"
    actions   = ["iam:DeleteRole", "iam:DeleteRolePolicy", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription"]
    resources = local.staging_role_arns
  }

  # Only to these two services: a role passed to any service could be used through it.
  statement {
    sid       = "PassRoles"
    actions   = ["iam:PassRole"]
    resources = local.staging_role_arns

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ecs-tasks.amazonaws.com", "vpc-flow-logs.amazonaws.com"]
    }
  }

  # Autoscaling receives its own linked role in each change of a target.
  statement {
    sid       = "PassScalingRole"
    actions   = ["iam:PassRole"]
    resources = ["arn:aws:iam::${local.account_id}:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService"]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["application-autoscaling.amazonaws.com"]
    }
  }

  # The first use of a service in an account creates its linked role.
  statement {
    sid       = "ServiceLinkedRoles"
    actions   = ["iam:CreateServiceLinkedRole"]
    resources = ["arn:aws:iam::${local.account_id}:role/aws-service-role/*"]

    condition {
      test     = "StringEquals"
      variable = "iam:AWSServiceName"
      values = [
        "ecs.amazonaws.com",
        "ecs.application-autoscaling.amazonaws.com",
        "elasticloadbalancing.amazonaws.com",
        "wafv2.amazonaws.com",
      ]
    }
  }

  # It can never change its own limits, whatever is allowed elsewhere.
  statement {
    sid    = "NeverOwnRights"
    effect = "Deny"
    actions = [
      "iam:CreatePolicyVersion",
      "iam:DeletePolicy*",
      "iam:DeleteRolePermissionsBoundary",
      "iam:SetDefaultPolicyVersion",
    ]
    resources = ["*"]
  }

  # The secrets' key belongs to bootstrap. A new policy on it would let a job decrypt; its deletion
  # would destroy every secret.
  statement {
    sid       = "NeverKeyOfSecrets"
    effect    = "Deny"
    actions   = ["kms:CreateGrant", "kms:DisableKey", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"]
    resources = [aws_kms_key.secrets.arn]
  }
}

locals {
  # Literal, not Lornu*: that would include LornuGithubApplyRole itself.
  staging_role_arns = [
    for name in ["LornuEcsTaskRole", "LornuEcsExecutionRole", "LornuFlowLogRole"] :
    "arn:aws:iam::${local.account_id}:role/${name}"
  ]
}
