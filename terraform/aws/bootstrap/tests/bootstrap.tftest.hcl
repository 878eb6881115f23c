# What the variables change about whom the roles trust. tests/infrastructure/checks states over the plan
# what each role may do.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  github_repository = "lornu-ai/lornu"
}

run "values_that_match_more_than_one_repository_or_environment_are_refused" {
  command = plan

  variables {
    region             = "us-gov-west-1"
    github_repository  = "lornu-ai/*"
    github_environment = "*"
    domain_zone_id     = "/hostedzone/Z0123456789ABC"

    github_oidc_provider_arn = "arn:aws:iam::123456789012:oidc-provider/gitlab.example"
  }

  expect_failures = [var.region, var.github_repository, var.github_environment, var.domain_zone_id, var.github_oidc_provider_arn]
}

run "a_subject_with_ids_is_trusted_and_no_other" {
  command = plan

  variables {
    github_subject_prefix = "repo:lornu-ai@123456/lornu@987654321"
  }

  assert {
    condition = toset(flatten([
      for document in data.aws_iam_policy_document.github_trust : [
        for statement in document.statement : [
          for condition in statement.condition : condition.values if endswith(condition.variable, ":sub")
        ]
      ]
      ])) == toset([
      "repo:lornu-ai@123456/lornu@987654321:pull_request",
      "repo:lornu-ai@123456/lornu@987654321:ref:refs/heads/main",
      "repo:lornu-ai@123456/lornu@987654321:environment:staging",
    ])
    error_message = "A repository that re-registers the name would be trusted, or GitHub's tokens are refused."
  }
}

run "a_subject_with_a_wildcard_is_refused" {
  command = plan

  variables {
    github_subject_prefix = "repo:lornu-ai@*/lornu@*"
  }

  expect_failures = [var.github_subject_prefix]
}

run "a_subject_of_another_repository_is_refused" {
  command = plan

  variables {
    github_subject_prefix = "repo:somebody@1/lornu@2"
  }

  expect_failures = [var.github_subject_prefix]
}

run "a_provider_that_the_account_has_is_used" {
  command = plan

  variables {
    github_oidc_provider_arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 0
    error_message = "A second provider for GitHub's address: AWS refuses it (EntityAlreadyExists)."
  }

  assert {
    condition = alltrue(flatten([
      for document in data.aws_iam_policy_document.github_trust : [
        for statement in document.statement : [
          for principal in statement.principals : principal.identifiers == toset(["arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"])
        ]
      ]
    ]))
    error_message = "The roles trust another provider than the account's."
  }
}
