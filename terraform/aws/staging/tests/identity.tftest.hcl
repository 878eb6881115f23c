# Which secrets the container gets for its variables, and that no stand-in is ever selected.
# tests/infrastructure/checks states the permissions of each role over the plan.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
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
