# Conversations of staging, separate from production's in the same project: nothing on AWS can reach
# the (default) database.

resource "google_firestore_database" "staging" {
  name        = "staging"
  location_id = var.location
  type        = "FIRESTORE_NATIVE"

  # With pessimistic locks, a killed task's transaction would keep its locks for 60 s, across clouds
  # and round trips of 20 ms (docs/decisions/0094).
  concurrency_mode = "OPTIMISTIC"

  # Recovery to any minute of the last seven days, instead of one hour.
  point_in_time_recovery_enablement = "POINT_IN_TIME_RECOVERY_ENABLED"

  # The provider's default, ABANDON, would keep the database on destroy and only remove it from the
  # state.
  deletion_policy         = "DELETE"
  delete_protection_state = var.deletion_protection ? "DELETE_PROTECTION_ENABLED" : "DELETE_PROTECTION_DISABLED"

  depends_on = [time_sleep.apis]
}

# Stored runs and A2A tasks expire by themselves (docs/storage.md). The times are not indexed: they
# only grow, so writes to their index would all hit the same place.
resource "google_firestore_field" "expiry" {
  for_each = toset(["lornu_frames", "lornu_leases", "lornu_revisions", "lornu_runs", "lornu_spend", "tasks", "webhooks"])

  database   = google_firestore_database.staging.name
  collection = each.key
  field      = "expireTime"

  ttl_config {}
  index_config {}
}

# No query uses these fields, and each part of them would be an index entry: a document with many
# fields would reach the limit of 40,000, and every write would take longer. Times of runs only
# grow, so an index would limit them to 500 writes a second (docs/scale.md). All fields of shared
# state (app_states, and users below user_states) have names chosen by callers.
resource "google_firestore_field" "unindexed" {
  for_each = {
    events            = { collection = "events", field = "event_data" }
    events_app        = { collection = "events", field = "appName" }
    events_user       = { collection = "events", field = "userId" }
    lornu_frames      = { collection = "lornu_frames", field = "lines" }
    lornu_runs        = { collection = "lornu_runs", field = "request" }
    lornu_runs_start  = { collection = "lornu_runs", field = "startedMs" }
    lornu_runs_end    = { collection = "lornu_runs", field = "endedMs" }
    lornu_runs_begin  = { collection = "lornu_runs", field = "begunAfterMs" }
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

# The list over all users queries every collection named sessions; google-adk's list of one user
# queries the same field within its collection.
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

# A user's memories, by one word: this service and google-adk use the same query. The documentation
# does not clearly say whether Firestore would merge single-field indexes for it.
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

  # An overwritten artifact can be restored for a month.
  lifecycle_rule {
    condition {
      days_since_noncurrent_time = 30
    }

    action {
      type = "Delete"
    }
  }
}
