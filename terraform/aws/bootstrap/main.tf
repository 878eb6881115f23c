# What must exist before the pipeline can run: the roles of GitHub's jobs on AWS, their permission
# boundary, and the image repository. Applied by an administrator from a laptop, once and after
# changes. Its state is a separate workspace, so that the pipeline, which may write the state of
# staging, cannot change its own permissions.

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
