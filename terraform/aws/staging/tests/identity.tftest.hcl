# What the variables add to the container's environment and secrets. tests/infrastructure/checks states
# the rest over the plan.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

run "the_fallback_key_is_given_only_when_asked_for" {
  command = plan

  variables {
    agent_runtime = "fastapi"
    google        = merge(var.google, { credentials = "key" })
  }

  assert {
    condition     = local.task_secrets == toset(["gemini-api-key", "gcp-service-account"])
    error_message = "The Python agent reads secrets of the sign-in it does not have, or lacks the fallback key."
  }
}

run "a_peer_budgets_models_traces_and_a_shadow_reach_the_container" {
  command = plan

  variables {
    peer_url       = "https://agent.lornu.example/a2a/lornu"
    peer_audience  = "https://agent-0123456789.us-east4.run.app"
    peer_card_keys = jsonencode({ keys = [{ kty = "EC", crv = "P-256", kid = "k1", x = "AA", y = "BB" }] })
    peer_fallback  = true

    other_models      = ["gemini-3.6-flash", "gemini-3.5-flash-lite"]
    daily_budgets_usd = { user = 2.5, total = 100 }
    shadow            = { url = "https://candidate.example", share = 0.05 }
    trace_share       = 0.25
  }

  assert {
    condition = (
      local.service_environment.A2A_PEER_URL == var.peer_url &&
      local.service_environment.A2A_PEER_AUDIENCE == var.peer_audience &&
      local.service_environment.A2A_PEER_CARD_KEYS == var.peer_card_keys &&
      local.service_environment.A2A_PEER_FALLBACK == "1"
    )
    error_message = "The service is not told all of the peer."
  }

  assert {
    condition = { for name in ["GEMINI_OTHER_MODELS", "LORNU_DAILY_BUDGET_USER_USD", "LORNU_DAILY_BUDGET_USD", "LORNU_SHADOW_URL", "LORNU_SHADOW_SHARE", "LORNU_TRACE_URL", "LORNU_TRACE_SHARE"] : name => local.environment[name] } == {
      GEMINI_OTHER_MODELS         = "gemini-3.5-flash-lite,gemini-3.6-flash"
      LORNU_DAILY_BUDGET_USER_USD = "2.5"
      LORNU_DAILY_BUDGET_USD      = "100"
      LORNU_SHADOW_URL            = "https://candidate.example"
      LORNU_SHADOW_SHARE          = "0.05"
      LORNU_TRACE_URL             = "https://telemetry.googleapis.com"
      LORNU_TRACE_SHARE           = "0.25"
    }
    error_message = "What was asked for must stand in the container's environment."
  }

  assert {
    condition     = !contains(keys(local.environment), "LORNU_DAILY_BUDGET_APP_USD")
    error_message = "What was not asked for must not stand there."
  }
}
