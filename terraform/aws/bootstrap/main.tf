# What must exist before the pipeline can run: who GitHub's jobs are on AWS, the limit
# they work within, and where images are kept. Applied by an administrator from a laptop,
# once and when it changes; its state is a workspace of its own, so that the pipeline,
# which may write the state of staging, cannot rewrite its own rights.

terraform {
  cloud {
    organization = "lornu-ai"

    workspaces {
      name = "lornu-aws-bootstrap"
    }
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = {
      Project     = "lornu"
      Environment = "staging"
      ManagedBy   = "terraform"
      Source      = "terraform/aws/bootstrap"
    }
  }
}

data "aws_caller_identity" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
}
