# Google Cloud's side of the AWS staging environment: a database and a bucket of its own,
# and the way in for the task role of AWS without a long-lived key. Its outputs are the
# variable `google` of terraform/aws/staging.

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
}

# The APIs that are called here and by the agent. Left on when this stack goes: something
# else in the project may use them.
resource "google_project_service" "used" {
  for_each = toset([
    "firestore.googleapis.com",
    "iam.googleapis.com",
    "iamcredentials.googleapis.com",
    "storage.googleapis.com",
    "sts.googleapis.com",
  ])

  service            = each.key
  disable_on_destroy = false
}
