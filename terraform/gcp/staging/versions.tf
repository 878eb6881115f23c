terraform {
  required_version = ">= 1.11"

  required_providers {
    # deletion_policy of the database, and the bucket settings used here, exist since 6.0.
    google = {
      source  = "hashicorp/google"
      version = ">= 6.30.0, < 8.0.0"
    }
  }
}
