# The most that any role of staging can ever do, whatever its own policies say. The apply role may
# only create roles with this boundary and may not change it.

resource "aws_iam_policy" "boundary" {
  name        = "LornuStagingBoundary"
  description = "Upper limit of every role that terraform/aws/staging creates"
  policy      = data.aws_iam_policy_document.boundary.json
}

data "aws_iam_policy_document" "boundary" {
  #checkov:skip=CKV_AWS_356:ecr:GetAuthorizationToken knows no resource; everything else names staging's
  statement {
    sid       = "Logs"
    actions   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    resources = [for name in ["/ecs/lornu-staging", "/vpc/lornu-staging"] : "arn:aws:logs:${var.region}:${local.account_id}:log-group:${name}*"]
  }

  statement {
    sid       = "TaskProtection"
    actions   = ["ecs:GetTaskProtection", "ecs:UpdateTaskProtection"]
    resources = ["arn:aws:ecs:${var.region}:${local.account_id}:task/lornu-staging/*"]
  }

  statement {
    sid       = "Secrets"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = ["arn:aws:secretsmanager:${var.region}:${local.account_id}:secret:lornu/staging/*"]
  }

  # The key may only be used through Secrets Manager.
  statement {
    sid       = "SecretsKey"
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.secrets.arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["secretsmanager.${var.region}.amazonaws.com"]
    }
  }

  statement {
    sid       = "Image"
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = [aws_ecr_repository.agent.arn]
  }

  # A registry login belongs to no repository: the action only accepts "*".
  statement {
    sid       = "RegistryLogin"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }
}
