# The secrets that the tasks read. They belong to terraform/aws/bootstrap: only their names and ARNs
# are read here, so this stack can be destroyed and rebuilt without touching them. A task does not
# start before its secrets have a value.

locals {
  # The secrets of the chosen agent. The service account key is only read if federation is not used;
  # the Python agent has no sign-in.
  task_secrets = toset(concat(
    ["gemini-api-key"],
    var.agent_runtime == "bun" ? ["oidc-client", "session-key", "a2a-signing-key"] : [],
    var.google.credentials == "key" ? ["gcp-service-account"] : [],
  ))

  task_secret_arns = sort([for secret in data.aws_secretsmanager_secret.task : secret.arn])

  # One key encrypts them all.
  secrets_key_arns = distinct([for secret in data.aws_secretsmanager_secret.task : secret.kms_key_id])
}

data "aws_secretsmanager_secret" "task" {
  for_each = local.task_secrets

  name = "lornu/staging/${each.key}"
}
