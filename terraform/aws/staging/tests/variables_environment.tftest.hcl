# Every validation refuses its invalid values: the container's environment. Removing a validation
# makes its run fail. `./lornu test` runs it with the variables alone: it states nothing of a resource.

mock_provider "aws" {
  source = "./tests/mocks"
}

run "names_in_small_letters_are_refused" {
  command = plan

  variables {
    extra_environment = { log_level = "debug" }
  }

  expect_failures = [var.extra_environment]
}

run "terraform_cannot_switch_the_rehearsal_on" {
  command = plan

  variables {
    extra_environment = { LORNU_REHEARSAL = "1" }
  }

  expect_failures = [var.extra_environment]
}

run "terraform_cannot_point_firestore_at_an_emulator" {
  command = plan

  variables {
    extra_environment = { FIRESTORE_EMULATOR_HOST = "127.0.0.1:8080" }
  }

  expect_failures = [var.extra_environment]
}

run "terraform_cannot_point_aws_at_another_endpoint" {
  command = plan

  variables {
    extra_environment = { AWS_ENDPOINT_URL = "http://127.0.0.1:5000" }
  }

  expect_failures = [var.extra_environment]
}

run "terraform_cannot_point_gemini_at_a_stand_in" {
  command = plan

  variables {
    extra_environment = { GOOGLE_GEMINI_BASE_URL = "http://127.0.0.1:1" }
  }

  expect_failures = [var.extra_environment]
}

run "terraform_cannot_open_the_service_to_everyone" {
  command = plan

  variables {
    extra_environment = { LORNU_SIGN_IN = "open" }
  }

  expect_failures = [var.extra_environment]
}

run "terraform_cannot_add_an_authority" {
  command = plan

  variables {
    extra_environment = { NODE_EXTRA_CA_CERTS = "/tmp/ca.pem" }
  }

  expect_failures = [var.extra_environment]
}

run "terraform_cannot_switch_certificate_checks_off" {
  command = plan

  variables {
    extra_environment = { NODE_TLS_REJECT_UNAUTHORIZED = "0" }
  }

  expect_failures = [var.extra_environment]
}

run "a_secret_in_plain_text_is_refused" {
  command = plan

  variables {
    extra_environment = { OTHER_API_KEY = "x" }
  }

  expect_failures = [var.extra_environment]
}

run "terraform_cannot_send_messages_elsewhere_unnamed" {
  command = plan

  variables {
    extra_environment = { LORNU_SHADOW_URL = "https://candidate.example" }
  }

  expect_failures = [var.extra_environment]
}

run "a_budget_has_one_variable" {
  command = plan

  variables {
    extra_environment = { LORNU_DAILY_BUDGET_USD = "5" }
  }

  expect_failures = [var.extra_environment]
}

run "traces_have_one_variable" {
  command = plan

  variables {
    extra_environment = { LORNU_TRACE_URL = "https://collector.example" }
  }

  expect_failures = [var.extra_environment]
}

run "a_model_has_one_variable" {
  command = plan

  variables {
    extra_environment = { GEMINI_OTHER_MODELS = "gemini-3.6-flash" }
  }

  expect_failures = [var.extra_environment]
}

run "budgets_models_traces_and_a_shadow_are_refused_out_of_bounds" {
  command = plan

  variables {
    other_models      = ["gpt-9"]
    daily_budgets_usd = { user = 0 }
    shadow            = { url = "http://candidate.example", share = 2 }
    trace_share       = 1.1
  }

  expect_failures = [var.other_models, var.daily_budgets_usd, var.shadow, var.trace_share]
}

run "budgets_and_shares_are_refused_beyond_their_bounds" {
  command = plan

  variables {
    daily_budgets_usd = { total = 10001 }
    shadow            = { url = "https://candidate.example", share = 0 }
    trace_share       = -0.1
  }

  expect_failures = [var.daily_budgets_usd, var.shadow, var.trace_share]
}
