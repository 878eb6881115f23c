# GitHub's jobs sign in with their own token; nothing long-lived is stored at GitHub.

# An account has at most one provider per address: a company's account often has GitHub's already.
resource "aws_iam_openid_connect_provider" "github" {
  for_each = var.github_oidc_provider_arn == "" ? toset(["github"]) : toset([])

  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
  # No thumbprints: AWS trusts GitHub's certificate through its own list of CAs.
}

locals {
  github_oidc_provider_arn = var.github_oidc_provider_arn == "" ? aws_iam_openid_connect_provider.github["github"].arn : var.github_oidc_provider_arn

  # Subjects of repositories that were created, renamed or transferred after 15 July 2026 contain
  # the ids of owner and repository (repo:OWNER@ID/NAME@ID). Only one form is trusted: a
  # re-registered name cannot have the same ids.
  # https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/
  subject_prefix = var.github_subject_prefix == "" ? "repo:${var.github_repository}" : var.github_subject_prefix
}

# One trust policy per role; they differ in the required subject of GitHub's token.
# https://docs.github.com/actions/security-for-github-actions/security-hardening-your-deployments/about-security-hardening-with-openid-connect
data "aws_iam_policy_document" "github_trust" {
  for_each = {
    # Pull requests and the scheduled drift check only read. A fork's pull request gets no token at
    # all.
    plan = [
      "${local.subject_prefix}:pull_request",
      "${local.subject_prefix}:ref:refs/heads/main",
    ]
    # Images are only built from main.
    publish = ["${local.subject_prefix}:ref:refs/heads/main"]
    # A job with an environment has it as its subject: this role can only be used behind that
    # environment's reviewers.
    apply = ["${local.subject_prefix}:environment:${var.github_environment}"]
  }

  statement {
    sid     = "GithubJobs"
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [local.github_oidc_provider_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:aud"
      values   = ["sts.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:sub"
      values   = each.value
    }
  }
}

resource "aws_iam_role" "plan" {
  name                 = "LornuGithubPlanRole"
  description          = "Plan, scan and drift check: reads settings, no data, no secrets"
  assume_role_policy   = data.aws_iam_policy_document.github_trust["plan"].json
  max_session_duration = 3600
}

resource "aws_iam_role_policy" "plan" {
  name   = "read"
  role   = aws_iam_role.plan.name
  policy = data.aws_iam_policy_document.read.json
}

resource "aws_iam_role" "publish" {
  name                 = "LornuGithubPublishRole"
  description          = "Pushes images to the one repository"
  assume_role_policy   = data.aws_iam_policy_document.github_trust["publish"].json
  max_session_duration = 3600
}

resource "aws_iam_role_policy" "publish" {
  name   = "push"
  role   = aws_iam_role.publish.name
  policy = data.aws_iam_policy_document.publish.json
}

resource "aws_iam_role" "apply" {
  name                 = "LornuGithubApplyRole"
  description          = "Applies an approved plan of staging"
  assume_role_policy   = data.aws_iam_policy_document.github_trust["apply"].json
  max_session_duration = 7200 # as long as the job, whose last step is the rollback
}

# Customer managed, not inline: inline policies of a role are limited to 10,240 characters.
resource "aws_iam_policy" "apply" {
  for_each = {
    read     = data.aws_iam_policy_document.read.json
    services = data.aws_iam_policy_document.apply_services.json
    identity = data.aws_iam_policy_document.apply_identity.json
  }

  name        = "LornuGithubApply-${each.key}"
  description = "Part of LornuGithubApplyRole: ${each.key}"
  policy      = each.value
}

resource "aws_iam_role_policy_attachment" "apply" {
  for_each = aws_iam_policy.apply

  role       = aws_iam_role.apply.name
  policy_arn = each.value.arn
}
