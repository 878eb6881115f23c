terraform {
  required_version = ">= 1.11"

  required_providers {
    # One major version: a person chooses the next one, not the day of the apply.
    google = {
      source  = "hashicorp/google"
      version = "~> 7.0"
    }

    time = {
      source  = "hashicorp/time"
      version = "~> 0.13"
    }
  }
}
