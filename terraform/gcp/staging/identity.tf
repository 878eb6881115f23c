# Who comes from AWS, and as whom.

# One identity for both ways of access: tasks impersonate it through federation, or with its key
# while federation does not work. Only this identity has permissions.
resource "google_service_account" "agent" {
  account_id   = "lornu-agent-staging"
  display_name = "Lornu agent on AWS staging"

  depends_on = [time_sleep.apis]
}

# A deleted pool or provider keeps its id for 30 days: destroying and creating it again within that
# time fails. Restore it instead (gcloud iam workload-identity-pools undelete).
resource "google_iam_workload_identity_pool" "aws" {
  workload_identity_pool_id = "lornu-aws-staging"
  display_name              = "Lornu on AWS, staging"

  depends_on = [time_sleep.apis]
}

resource "google_iam_workload_identity_pool_provider" "aws" {
  #checkov:skip=CKV_GCP_125:About GitHub's tokens; this provider trusts an AWS account
  workload_identity_pool_id          = google_iam_workload_identity_pool.aws.workload_identity_pool_id
  workload_identity_pool_provider_id = "aws-staging"
  display_name                       = "AWS account of staging"

  # Google's own default mapping, written out because the condition and the grants below use
  # attribute.aws_role.
  # https://cloud.google.com/iam/docs/workload-identity-federation-with-other-clouds
  attribute_mapping = {
    "google.subject"     = "assertion.arn"
    "attribute.aws_role" = "assertion.arn.contains('assumed-role') ? assertion.arn.extract('{account_arn}assumed-role/') + 'assumed-role/' + assertion.arn.extract('assumed-role/{role_name}/') : assertion.arn"
  }

  # Without it every principal of the AWS account could log in to the pool.
  attribute_condition = "attribute.aws_role == '${local.aws_role}'"

  aws {
    account_id = var.aws_account_id
  }
}

locals {
  aws_role      = "arn:aws:sts::${var.aws_account_id}:assumed-role/${var.aws_task_role_name}"
  aws_principal = "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.aws.name}/attribute.aws_role/${local.aws_role}"
}

# The pool's principals may only impersonate the service account: access tokens (Firestore, Storage)
# by the first role, ID tokens (the peer) by the second.
resource "google_service_account_iam_member" "federated" {
  for_each = toset([
    "roles/iam.workloadIdentityUser",
    "roles/iam.serviceAccountOpenIdTokenCreator",
  ])

  service_account_id = google_service_account.agent.name
  role               = each.key
  member             = local.aws_principal
}

# roles/datastore.user is granted on the project, and the condition limits it to the database.
# https://cloud.google.com/firestore/docs/manage-databases#configure_per-database_access_permissions
resource "google_project_iam_member" "firestore" {
  project = var.project_id
  role    = "roles/datastore.user"
  member  = google_service_account.agent.member

  condition {
    title       = "staging database only"
    description = "Never the (default) database, which is production's"
    expression  = "resource.name == 'projects/${var.project_id}/databases/${google_firestore_database.staging.name}'"
  }
}

resource "google_storage_bucket_iam_member" "artifacts" {
  bucket = google_storage_bucket.artifacts.name
  role   = "roles/storage.objectUser"
  member = google_service_account.agent.member
}
