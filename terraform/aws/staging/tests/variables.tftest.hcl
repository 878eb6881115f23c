# Every validation refuses its invalid values: what runs and its settings. Removing a validation
# makes its run fail. `./lornu test` runs it with the variables alone: it states nothing of a resource.

mock_provider "aws" {
  source = "./tests/mocks"
}

run "a_region_of_another_partition_and_a_public_network_are_refused" {
  command = plan

  variables {
    region       = "us-gov-west-1"
    vpc_cidr     = "8.8.0.0/16"
    zone_letters = ["a", "a"]
  }

  expect_failures = [var.region, var.vpc_cidr, var.zone_letters]
}

run "a_region_that_is_none_and_a_network_too_small_for_its_subnets_are_refused" {
  command = plan

  variables {
    region       = "frankfurt"
    vpc_cidr     = "10.1.0.0/24"
    zone_letters = ["a", "b", "c"]
  }

  expect_failures = [var.region, var.vpc_cidr, var.zone_letters]
}

run "an_image_by_tag_and_a_revision_by_branch_are_refused" {
  command = plan

  variables {
    agent_runtime    = "node"
    image_digest     = "latest"
    revision         = "main"
    cpu_architecture = "arm64"
    gemini_model     = "gpt-9"
  }

  expect_failures = [var.agent_runtime, var.image_digest, var.revision, var.cpu_architecture, var.gemini_model]
}

run "a_memory_that_fargate_lacks_and_a_single_task_are_refused" {
  command = plan

  variables {
    task_size        = { cpu = 512, memory = 8192 }
    task_count       = { min = 1, max = 4 }
    streams_per_task = 5000
    image_digest     = "sha256:abc"
  }

  expect_failures = [var.task_size, var.task_count, var.streams_per_task, var.image_digest]
}

run "a_cpu_that_fargate_lacks_and_fewer_tasks_at_most_than_at_least_are_refused" {
  command = plan

  variables {
    task_size        = { cpu = 300, memory = 1024 }
    task_count       = { min = 4, max = 2 }
    streams_per_task = 1
  }

  expect_failures = [var.task_size, var.task_count, var.streams_per_task]
}

run "a_hundred_tasks_and_a_certificate_of_another_region_are_refused" {
  command = plan

  variables {
    task_count      = { min = 2, max = 100 }
    vpc_cidr        = "10.300.0.0/16"
    certificate_arn = "arn:aws:acm:eu-west-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef"
  }

  expect_failures = [var.task_count, var.vpc_cidr, var.certificate_arn]
}

run "logs_are_not_destroyed_under_deletion_protection_and_alarms_need_a_reader" {
  command = plan

  variables {
    force_destroy      = true
    alarm_emails       = []
    monthly_budget_usd = 0
  }

  expect_failures = [var.force_destroy, var.alarm_emails, var.monthly_budget_usd]
}

run "an_alarm_address_that_is_none_and_a_boundless_budget_are_refused" {
  command = plan

  variables {
    alarm_emails       = ["oncall"]
    monthly_budget_usd = 100000
  }

  expect_failures = [var.alarm_emails, var.monthly_budget_usd]
}
