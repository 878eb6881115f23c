# Lornu AI's AWS staging environment: an agent on ECS Fargate behind an ALB. One flat folder, one
# file per topic. Apply terraform/aws/bootstrap first (roles, permission boundary, image
# repository), then terraform/gcp/staging (Firestore, workload identity), whose outputs are
# variables here.

terraform {
  # Only state and lock; runs execute where the plan was approved (execution mode "local"), so that
  # the scanned plan is the file that is applied.
  cloud {
    organization = "lornu-ai"

    workspaces {
      name = "lornu-aws-staging"
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
      Source      = "terraform/aws/staging"
    }
  }
}

data "aws_caller_identity" "current" {}

locals {
  name       = "lornu-staging"
  account_id = data.aws_caller_identity.current.account_id

  # In seconds. Each must be below the next one, or a stream is cut by the first side that gives up:
  # ping (15) < a silent answer (110) < ALB idle < the server's keep-alive (130; otherwise the ALB answers
  # 502 from a connection that the server has just closed). A stopped task has deregistration_delay to
  # finish its streams, then stop_timeout; then another task takes the run over. After alb_client_keep
  # the ALB ends a connection with its next response, and a running stream continues: a browser follows
  # the fail-over name only with a new connection.
  timeouts = {
    alb_idle             = 120
    alb_client_keep      = 60 # the least that AWS accepts
    deregistration_delay = 120
    stop_timeout         = 120 # Fargate's maximum
  }

  # Every role of this stack has the boundary that terraform/aws/bootstrap owns; the apply role may
  # not create a role without it.
  permissions_boundary_arn = "arn:aws:iam::${local.account_id}:policy/LornuStagingBoundary"

  public_url = "https://${var.domain_name}"
}
