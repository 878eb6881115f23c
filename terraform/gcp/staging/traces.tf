# Cloud Trace, for the traces of the agents on both clouds. Off by default: spans above 2.5 million a
# month cost 0.20 USD per million.

locals {
  traces = var.traces ? toset(["telemetry.googleapis.com"]) : toset([])
}

# The API that takes spans over OTLP.
resource "google_project_service" "traces" {
  for_each = local.traces

  service            = each.key
  disable_on_destroy = false

  depends_on = [time_sleep.apis]
}

# Writing only: what others have written cannot be read with it.
resource "google_project_iam_member" "traces" {
  for_each = google_project_service.traces

  project = var.project_id
  role    = "roles/telemetry.tracesWriter"
  member  = google_service_account.agent.member
}
