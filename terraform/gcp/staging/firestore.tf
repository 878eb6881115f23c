# Conversations of staging, apart from production's in the same project: nothing that
# happens on AWS can reach the (default) database.

resource "google_firestore_database" "staging" {
  name        = "staging"
  location_id = var.location
  type        = "FIRESTORE_NATIVE"

  # Seven days back, to the minute, instead of one hour.
  point_in_time_recovery_enablement = "POINT_IN_TIME_RECOVERY_ENABLED"

  # The provider's default, ABANDON, forgets the database on destroy and leaves it there.
  deletion_policy         = "DELETE"
  delete_protection_state = var.deletion_protection ? "DELETE_PROTECTION_ENABLED" : "DELETE_PROTECTION_DISABLED"

  depends_on = [google_project_service.used]
}

# Python ADK's artifact layout, in staging's own bucket. Google's own keys encrypt it: a
# key of ours would have to be reachable from both clouds for the same bytes.
#tfsec:ignore:google-storage-bucket-encryption-customer-key
resource "google_storage_bucket" "artifacts" {
  #checkov:skip=CKV_GCP_62:Access is one service account; Cloud Audit Logs record it, a log bucket would double it
  name                        = "${var.project_id}-lornu-staging-artifacts"
  location                    = var.location
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = !var.deletion_protection

  versioning {
    enabled = true
  }

  # An overwritten artifact can be had back for a month.
  lifecycle_rule {
    condition {
      days_since_noncurrent_time = 30
    }

    action {
      type = "Delete"
    }
  }
}
