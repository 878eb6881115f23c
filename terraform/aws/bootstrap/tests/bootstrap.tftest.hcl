# Who may do what from GitHub, and what no role of staging can ever exceed.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  github_repository = "lornu-ai/lornu"
}

run "only_the_approved_environment_may_apply" {
  command = plan

  assert {
    condition = flatten([
      for statement in data.aws_iam_policy_document.github_trust["apply"].statement :
      [for condition in statement.condition : condition.values if endswith(condition.variable, ":sub")]
    ]) == ["repo:lornu-ai/lornu:environment:staging"]
    error_message = "A job outside the approved environment can assume the apply role."
  }

  assert {
    condition = alltrue(flatten([
      for document in data.aws_iam_policy_document.github_trust : [
        for statement in document.statement : [
          for condition in statement.condition : condition.test == "StringEquals"
        ]
      ]
    ]))
    error_message = "A trust condition compares by pattern: another repository or branch could match it."
  }
}

run "a_pull_request_reads_settings_and_never_a_secret" {
  command = plan

  assert {
    condition = length([
      for action in flatten([for statement in data.aws_iam_policy_document.read.statement : statement.actions if statement.effect != "Deny"]) :
      action if !can(regex(":(Describe|Get|List|View)", action))
    ]) == 0
    error_message = "The plan role may change something."
  }

  assert {
    condition = contains(flatten([
      for statement in data.aws_iam_policy_document.read.statement : statement.actions if statement.effect == "Deny"
    ]), "secretsmanager:GetSecretValue")
    error_message = "Nothing keeps a plan from reading secrets' values."
  }
}

run "apply_makes_only_bounded_roles_and_cannot_lift_the_bound" {
  command = plan

  assert {
    condition = alltrue([
      for statement in data.aws_iam_policy_document.apply_identity.statement :
      length([for condition in statement.condition : condition if condition.variable == "iam:PermissionsBoundary"]) == 1
      if contains(statement.actions, "iam:CreateRole")
    ])
    error_message = "Apply can create a role without the boundary and give it every right."
  }

  assert {
    condition = alltrue([
      for statement in data.aws_iam_policy_document.apply_identity.statement :
      length([for arn in statement.resources : arn if strcontains(arn, "Github") || strcontains(arn, ":role/*")]) == 0
      if statement.effect != "Deny"
    ])
    error_message = "Apply can change its own role."
  }

  assert {
    condition = alltrue([
      for statement in data.aws_iam_policy_document.apply_identity.statement :
      toset(flatten([for condition in statement.condition : condition.values])) == (
        statement.sid == "PassScalingRole" ? toset(["application-autoscaling.amazonaws.com"]) : toset(["ecs-tasks.amazonaws.com", "vpc-flow-logs.amazonaws.com"])
      )
      if contains(statement.actions, "iam:PassRole")
    ])
    error_message = "Apply can pass a role to a service of its choice."
  }
}

run "the_boundary_ends_at_staging" {
  command = plan

  assert {
    condition = [
      for statement in data.aws_iam_policy_document.boundary.statement : join(",", statement.actions)
      if contains(statement.resources, "*")
    ] == ["ecr:GetAuthorizationToken"]
    error_message = "The boundary lets a role reach every resource with more than the registry login."
  }

  assert {
    condition     = length([for action in flatten([for statement in data.aws_iam_policy_document.boundary.statement : statement.actions]) : action if strcontains(action, "*") || startswith(action, "iam:") || startswith(action, "sts:")]) == 0
    error_message = "The boundary allows wildcards or changes to identities."
  }
}

run "an_approved_image_cannot_be_replaced_under_its_tag" {
  command = plan

  assert {
    condition     = aws_ecr_repository.agent.image_tag_mutability == "IMMUTABLE" && aws_ecr_repository.agent.force_delete == false
    error_message = "A tag can be moved, or the images can be destroyed with the repository."
  }
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
