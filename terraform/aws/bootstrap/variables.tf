variable "region" {
  description = "AWS region of the image repository and of staging"
  type        = string
  default     = "us-east-1"

  validation {
    condition     = can(regex("^(us|eu|ap|ca|sa|me|af|il|mx)-[a-z]+-[1-9]$", var.region))
    error_message = "region must be a region of the aws partition such as us-east-1: ARNs here are of that partition."
  }
}

variable "github_repository" {
  description = "Repository whose workflow may assume the roles, owner/name"
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.github_repository))
    error_message = "github_repository must be owner/name, without wildcards: every repository that matches may deploy."
  }
}

variable "github_subject_prefix" {
  description = "Beginning of the subject in GitHub's tokens, when it carries ids: repo:OWNER@ID/NAME@ID; empty means repo:OWNER/NAME"
  type        = string
  default     = ""

  validation {
    condition = var.github_subject_prefix == "" || (
      can(regex("^repo:[A-Za-z0-9-]+(@[0-9]+)?/[A-Za-z0-9._-]+(@[0-9]+)?$", var.github_subject_prefix)) &&
      replace(var.github_subject_prefix, "/@[0-9]+/", "") == "repo:${var.github_repository}"
    )
    error_message = "github_subject_prefix must be what `gh api repos/OWNER/NAME/actions/oidc/customization/sub --jq .sub_claim_prefix` prints for github_repository, without wildcards."
  }
}

variable "github_oidc_provider_arn" {
  description = "GitHub's OIDC provider, when the account has it already; empty makes it"
  type        = string
  default     = ""

  validation {
    condition     = var.github_oidc_provider_arn == "" || can(regex("^arn:aws:iam::[0-9]{12}:oidc-provider/token\\.actions\\.githubusercontent\\.com$", var.github_oidc_provider_arn))
    error_message = "github_oidc_provider_arn must be arn:aws:iam::ACCOUNT:oidc-provider/token.actions.githubusercontent.com."
  }
}

variable "github_environment" {
  description = "GitHub environment with required reviewers; only a job approved there may apply"
  type        = string
  default     = "staging"

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]+$", var.github_environment))
    error_message = "github_environment must be an environment's name without wildcards."
  }
}

variable "domain_zone_id" {
  description = "Route 53 zone the apply role may write to; empty when DNS is elsewhere"
  type        = string
  default     = ""

  validation {
    condition     = var.domain_zone_id == "" || can(regex("^[A-Z0-9]{8,32}$", var.domain_zone_id))
    error_message = "domain_zone_id must be a zone id such as Z0123456789ABCDEFGHIJ, without /hostedzone/."
  }
}

variable "force_destroy" {
  description = "Let terraform destroy delete the repository with images in it, and secrets without time to recover"
  type        = bool
  default     = false
  nullable    = false
}
