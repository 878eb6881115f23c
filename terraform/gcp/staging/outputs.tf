output "google" {
  description = "Value of the variable google of terraform/aws/staging"
  value = {
    project_id                 = var.project_id
    workload_identity_audience = "//iam.googleapis.com/projects/${data.google_project.current.number}/locations/global/workloadIdentityPools/${google_iam_workload_identity_pool.aws.workload_identity_pool_id}/providers/${google_iam_workload_identity_pool_provider.aws.workload_identity_pool_provider_id}"
    service_account_email      = google_service_account.agent.email
    firestore_database         = google_firestore_database.staging.name
    artifact_bucket            = google_storage_bucket.artifacts.name
  }
}
