# Conversations of staging, apart from production's in the same project: nothing that
# happens on AWS can reach the (default) database.

resource "google_firestore_database" "staging" {
  name        = "staging"
  location_id = var.location
  type        = "FIRESTORE_NATIVE"

  # A transaction whose task was killed keeps its pessimistic locks for 60 s, across clouds
  # and round trips of 20 ms (docs/decisions/0094).
  concurrency_mode = "OPTIMISTIC"

  # Seven days back, to the minute, instead of one hour.
  point_in_time_recovery_enablement = "POINT_IN_TIME_RECOVERY_ENABLED"

  # The provider's default, ABANDON, removes the database from the state on destroy and keeps it.
  deletion_policy         = "DELETE"
  delete_protection_state = var.deletion_protection ? "DELETE_PROTECTION_ENABLED" : "DELETE_PROTECTION_DISABLED"

  depends_on = [time_sleep.apis]
}

# What is kept of runs and of A2A tasks goes by itself (docs/storage.md). Without an index on the times,
# which only ever grow, writes do not pile up on one place of it.
resource "google_firestore_field" "expiry" {
  for_each = toset(["lornu_frames", "lornu_leases", "lornu_revisions", "lornu_runs", "lornu_spend", "tasks", "webhooks"])

  database   = google_firestore_database.staging.name
  collection = each.key
  field      = "expireTime"

  ttl_config {}
  index_config {}
}

# Nobody asks by these, and each part of them would be an index entry: a document with many
# fields would reach the limit of 40,000, and every write would cost more time. All fields
# of shared state (app_states, and users below user_states) have names that callers chose.
resource "google_firestore_field" "unindexed" {
  for_each = {
    events            = { collection = "events", field = "event_data" }
    events_app        = { collection = "events", field = "appName" }
    events_user       = { collection = "events", field = "userId" }
    lornu_frames      = { collection = "lornu_frames", field = "lines" }
    lornu_runs        = { collection = "lornu_runs", field = "request" }
    app_state         = { collection = "app_states", field = "*" }
    user_state        = { collection = "users", field = "*" }
    memories_content  = { collection = "memories", field = "content" }
    memories_keywords = { collection = "memories", field = "keywords" }
    tasks             = { collection = "tasks", field = "json" }
    webhooks          = { collection = "webhooks", field = "json" }
  }

  database   = google_firestore_database.staging.name
  collection = each.value.collection
  field      = each.value.field

  index_config {}
}

# The list over all users asks every collection named sessions; google-adk's list of one
# user asks the same field within its collection.
resource "google_firestore_field" "session_app" {
  database   = google_firestore_database.staging.name
  collection = "sessions"
  field      = "appName"

  index_config {
    indexes {
      order       = "ASCENDING"
      query_scope = "COLLECTION"
    }

    indexes {
      order       = "ASCENDING"
      query_scope = "COLLECTION_GROUP"
    }
  }
}

# What is remembered of a user, by one word: this service and google-adk ask alike. Whether
# Firestore would merge single-field indexes for it is not documented without doubt.
resource "google_firestore_index" "memories_by_word" {
  database   = google_firestore_database.staging.name
  collection = "memories"

  fields {
    field_path = "appName"
    order      = "ASCENDING"
  }

  fields {
    field_path = "userId"
    order      = "ASCENDING"
  }

  fields {
    field_path   = "keywords"
    array_config = "CONTAINS"
  }
}

# The runs of a session, newest first.
resource "google_firestore_index" "runs_of_session" {
  database   = google_firestore_database.staging.name
  collection = "lornu_runs"

  fields {
    field_path = "session"
    order      = "ASCENDING"
  }

  fields {
    field_path = "startedMs"
    order      = "DESCENDING"
  }
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

  depends_on = [time_sleep.apis]

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
