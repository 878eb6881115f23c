terraform {
  required_version = ">= 1.11"

  required_providers {
    # The same provider as terraform/aws/staging.
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.47.0, < 7.0.0"
    }
  }
}
