# Google Cloud's side of the AWS staging environment: a separate database and bucket, and access for
# the AWS task role without a long-lived key. Its outputs are the variable `google` of
# terraform/aws/staging.

terraform {
  cloud {
    organization = "lornu-ai"

    workspaces {
      name = "lornu-gcp-staging"
    }
  }
}

provider "google" {
  project = var.project_id
  region  = var.location

  default_labels = {
    project     = "lornu"
    environment = "staging"
    managed_by  = "terraform"
  }
}

data "google_project" "current" {
  project_id = var.project_id

  depends_on = [time_sleep.apis]
}

# The APIs that this stack and the agent call; the provider needs cloudresourcemanager to read the
# project and grant roles. They stay enabled when this stack is destroyed, because something else in
# the project may use them. Gemini's own API is not listed: it belongs to the project of the API
# key.
resource "google_project_service" "used" {
  for_each = toset([
    "cloudresourcemanager.googleapis.com",
    "firestore.googleapis.com",
    "iam.googleapis.com",
    "iamcredentials.googleapis.com",
    "storage.googleapis.com",
    "sts.googleapis.com",
  ])

  service            = each.key
  disable_on_destroy = false
}

# An API that was just enabled answers "has not been used in project ... before or it is disabled"
# for a while. Everything here waits for it, once.
resource "time_sleep" "apis" {
  create_duration = "60s"
  triggers        = { for name, service in google_project_service.used : name => service.id }
}
