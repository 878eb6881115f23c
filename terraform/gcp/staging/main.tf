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
