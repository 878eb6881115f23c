# Secrets outlive environments: a rebuilt staging finds their values, and no name is blocked (a
# deleted secret blocks its name for 30 days). Created here by an administrator, they are also out
# of the pipeline's reach. Values are never here, because everything that Terraform reads or writes
# is in its state. `lornu secrets set NAME` stores a value, from a file or standard input.

locals {
  secrets = {
    gemini-api-key      = "Gemini API key (plain text)"
    gcp-service-account = "Service account key (JSON), the fallback of workload identity federation"
    oidc-client         = "OpenID Connect client: {\"client_id\": ..., \"client_secret\": ...}"
    session-key         = "Seals sign-in cookies: 32 random characters or more; after a comma the older key"
    a2a-signing-key     = "Private key that signs the agent card: ES256, PKCS #8 PEM"
  }
}

resource "aws_secretsmanager_secret" "staging" {
  #checkov:skip=CKV2_AWS_57:No Lambda can rotate keys that Google issues; lornu secrets set rotates, tasks re-read within a minute
  for_each = local.secrets

  name                    = "lornu/staging/${each.key}"
  description             = each.value
  kms_key_id              = aws_kms_key.secrets.arn
  recovery_window_in_days = var.force_destroy ? 0 : 30 # 0 frees the name at once
}

resource "aws_kms_key" "secrets" {
  description             = "Lornu staging: secrets"
  enable_key_rotation     = true
  deletion_window_in_days = var.force_destroy ? 7 : 30
  policy                  = data.aws_iam_policy_document.secrets_key.json
}

resource "aws_kms_alias" "secrets" {
  name          = "alias/lornu-staging-secrets"
  target_key_id = aws_kms_key.secrets.key_id
}

# In a key policy "*" is this key. The account may administer it and grant use through IAM; any use
# except through Secrets Manager is denied.
data "aws_iam_policy_document" "secrets_key" {
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

  statement {
    sid       = "SecretsManagerOnly"
    effect    = "Deny"
    actions   = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "StringNotEquals"
      variable = "kms:ViaService"
      values   = ["secretsmanager.${var.region}.amazonaws.com"]
    }
  }
}
