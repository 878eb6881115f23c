# Log groups and metrics.

locals {
  # The service writes its metrics under this namespace with the dimension Environment
  # (docs/metrics.md); autoscaling and the dashboard read them there.
  metric_namespace = "Lornu/Agent"
}

# A year, because an incident is often found months later. Chat content is not logged.
resource "aws_cloudwatch_log_group" "agent" {
  name              = "/ecs/${local.name}"
  retention_in_days = 365
  kms_key_id        = aws_kms_key.operations.arn
}

resource "aws_cloudwatch_log_group" "flow" {
  name              = "/vpc/${local.name}"
  retention_in_days = 365
  kms_key_id        = aws_kms_key.operations.arn
}

# WAF only writes to groups whose name begins with aws-waf-logs-.
resource "aws_cloudwatch_log_group" "waf" {
  name              = "aws-waf-logs-${local.name}"
  retention_in_days = 365
  kms_key_id        = aws_kms_key.operations.arn
}

# Logs and alarms have their own key: a reader of logs cannot decrypt secrets.
resource "aws_kms_key" "operations" {
  description             = "Lornu staging: logs and alarms"
  enable_key_rotation     = true
  deletion_window_in_days = var.deletion_protection ? 30 : 7
  policy                  = data.aws_iam_policy_document.operations_key.json
}

resource "aws_kms_alias" "operations" {
  name          = "alias/${local.name}-operations"
  target_key_id = aws_kms_key.operations.key_id
}

data "aws_iam_policy_document" "operations_key" {
  #checkov:skip=CKV_AWS_109:A key policy without the account as administrator makes the key unmanageable (kms/latest/developerguide/key-policy-default.html)
  #checkov:skip=CKV_AWS_111:The resource of a key policy is always the key itself
  #checkov:skip=CKV_AWS_356:The resource of a key policy is always the key itself
  statement {
    sid       = "AccountAdministers"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${local.account_id}:root"]
    }
  }

  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
  statement {
    sid       = "LogGroupsOfThisEnvironment"
    actions   = ["kms:Decrypt", "kms:Describe*", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["logs.${var.region}.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "kms:EncryptionContext:aws:logs:arn"
      values = [
        for name in ["/ecs/${local.name}", "/vpc/${local.name}", "aws-waf-logs-${local.name}"] :
        "arn:aws:logs:${var.region}:${local.account_id}:log-group:${name}"
      ]
    }
  }

  # An alarm or the budget cannot publish to an encrypted topic without this.
  statement {
    sid       = "AlarmsPublish"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["budgets.amazonaws.com", "cloudwatch.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }
  }
}
