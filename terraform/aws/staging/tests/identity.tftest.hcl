# What each role may do, statement by statement, and what the container is told.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  image_digest    = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  revision        = "0123abc"
  domain_name     = "aws-staging.lornu.example"
  certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef"
  alarm_emails    = ["oncall@lornu.example"]
  peer_emails     = ["lornu-agent@lornu-prod.iam.gserviceaccount.com"]
  sign_in         = { domains = ["lornu.example"] }
  google = {
    project_id                 = "lornu-staging"
    workload_identity_audience = "//iam.googleapis.com/projects/123456789/locations/global/workloadIdentityPools/lornu-aws/providers/aws-staging"
    service_account_email      = "lornu-agent-staging@lornu-staging.iam.gserviceaccount.com"
    artifact_bucket            = "lornu-staging-artifacts"
  }
}

run "the_task_role_may_do_four_things_on_its_own_resources" {
  command = plan

  assert {
    condition = toset(flatten([for statement in data.aws_iam_policy_document.task.statement : statement.actions])) == toset([
      "logs:CreateLogStream", "logs:PutLogEvents",
      "ecs:GetTaskProtection", "ecs:UpdateTaskProtection",
      "secretsmanager:GetSecretValue",
      "kms:Decrypt",
    ])
    error_message = "The agent's role may do more or less than write its log, protect its tasks and read its secrets."
  }

  assert {
    condition     = !contains(flatten([for statement in data.aws_iam_policy_document.task.statement : statement.resources]), "*")
    error_message = "A statement of the agent's role reaches every resource of the account."
  }

  assert {
    condition = alltrue([
      for statement in data.aws_iam_policy_document.task.statement :
      toset(statement.resources) == toset(["arn:aws:ecs:us-east-1:123456789012:task/lornu-staging/*"])
      if contains(statement.actions, "ecs:UpdateTaskProtection")
    ])
    error_message = "The agent may protect tasks of other clusters."
  }
}

run "the_execution_role_reaches_everything_only_to_log_in_to_the_registry" {
  command = plan

  assert {
    condition = [
      for statement in data.aws_iam_policy_document.execution.statement : join(",", statement.actions)
      if contains(statement.resources, "*")
    ] == ["ecr:GetAuthorizationToken"]
    error_message = "The execution role reaches every resource with another action than the registry login."
  }

  assert {
    condition = flatten([
      for statement in data.aws_iam_policy_document.execution.statement : statement.resources
      if contains(statement.actions, "ecr:BatchGetImage")
    ]) == ["arn:aws:ecr:us-east-1:123456789012:repository/lornu-agent"]
    error_message = "The execution role pulls images of other repositories, or none."
  }
}

run "roles_are_assumed_by_ecs_of_this_account_only_and_are_bounded" {
  command = plan

  assert {
    condition = alltrue([
      for statement in data.aws_iam_policy_document.ecs_tasks_trust.statement :
      toset([for condition in statement.condition : condition.variable]) == toset(["aws:SourceAccount", "aws:SourceArn"])
    ])
    error_message = "Another account's ECS could use these roles."
  }

  assert {
    condition = alltrue([
      for role in [aws_iam_role.task, aws_iam_role.execution, aws_iam_role.flow_log] :
      role.permissions_boundary == "arn:aws:iam::123456789012:policy/LornuStagingBoundary"
    ])
    error_message = "A role lacks the permission boundary: the apply role may not create it."
  }

  assert {
    condition     = aws_iam_role.task.name == "LornuEcsTaskRole" && length(aws_iam_role.task.name) <= 55
    error_message = "Google Cloud trusts LornuEcsTaskRole by name; over 55 characters the federated subject is refused."
  }
}

run "the_container_cannot_be_changed_by_who_gets_in" {
  command = plan

  assert {
    condition     = jsondecode(aws_ecs_task_definition.agent.container_definitions)[0].readonlyRootFilesystem && jsondecode(aws_ecs_task_definition.agent.container_definitions)[0].user == "10001:10001"
    error_message = "The container runs as root or on a writable root file system."
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.agent.container_definitions)[0].linuxParameters.capabilities.drop == ["ALL"] && !aws_ecs_service.agent.enable_execute_command
    error_message = "The container keeps Linux capabilities, or a shell can be opened in it."
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.agent.container_definitions)[0].image == "123456789012.dkr.ecr.us-east-1.amazonaws.com/lornu-agent@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    error_message = "The image is not the digest that was approved, from our own repository."
  }
}

run "federation_leaves_the_service_account_key_unread" {
  command = plan

  assert {
    condition     = local.task_secrets == toset(["gemini-api-key", "oidc-client", "session-key", "a2a-signing-key"])
    error_message = "A task reads other secrets than it needs while federation gives it Google's tokens."
  }

  assert {
    condition     = toset(keys(local.environment_secrets)) == toset(["A2A_SIGNING_KEY", "GEMINI_API_KEY", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "SESSION_KEY"])
    error_message = "The container's secrets have other names than the service's configuration."
  }

  assert {
    condition     = length(setintersection(keys(local.environment), keys(local.environment_secrets))) == 0
    error_message = "A secret is also passed as plain text."
  }
}

run "the_fallback_key_is_given_only_when_asked_for" {
  command = plan

  variables {
    agent_runtime = "fastapi"
    google = {
      project_id                 = "lornu-staging"
      workload_identity_audience = "//iam.googleapis.com/projects/123456789/locations/global/workloadIdentityPools/lornu-aws/providers/aws-staging"
      service_account_email      = "lornu-agent-staging@lornu-staging.iam.gserviceaccount.com"
      artifact_bucket            = "lornu-staging-artifacts"
      credentials                = "key"
    }
  }

  assert {
    condition     = local.task_secrets == toset(["gemini-api-key", "gcp-service-account"])
    error_message = "The Python agent reads secrets of the sign-in it does not have, or lacks the fallback key."
  }
}

run "the_service_is_pointed_at_staging_and_never_at_a_stand_in" {
  command = plan

  assert {
    condition     = local.environment["FIRESTORE_DATABASE"] == "staging" && local.environment["LORNU_ENVIRONMENT"] == "staging" && local.environment["LORNU_SESSION_STORE"] == "firestore"
    error_message = "The service writes to another database than staging, or thinks it is elsewhere."
  }

  assert {
    condition     = alltrue([for name in keys(local.environment) : !can(regex("REHEARSAL|EMULATOR|ENDPOINT_URL|BASE_URL", name))])
    error_message = "The task definition selects a stand-in."
  }
}

run "every_alarm_and_the_budget_reach_someone" {
  command = plan

  assert {
    condition = alltrue([
      for alarm in concat(values(aws_cloudwatch_metric_alarm.nat_ports), [
        aws_cloudwatch_metric_alarm.load_balancer_5xx, aws_cloudwatch_metric_alarm.target_5xx, aws_cloudwatch_metric_alarm.faults,
        aws_cloudwatch_metric_alarm.unhealthy_targets, aws_cloudwatch_metric_alarm.p99,
        aws_cloudwatch_metric_alarm.no_running_task,
      ]) : alarm.alarm_actions == toset([aws_sns_topic.alarms.arn]) && alarm.ok_actions == toset([aws_sns_topic.alarms.arn])
    ])
    error_message = "An alarm goes nowhere."
  }

  assert {
    condition     = alltrue([for notification in aws_budgets_budget.spend.notification : notification.subscriber_sns_topic_arns == toset([aws_sns_topic.alarms.arn])])
    error_message = "The budget writes to nobody."
  }
}
