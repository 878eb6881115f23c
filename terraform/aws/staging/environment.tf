# The container's environment: the names are those of the service's configuration schema (`lornu
# doctor` prints it). Nothing here is secret; secrets come through valueFrom. Folders and listen
# addresses are set in the image (Dockerfile).

locals {
  # The service treats an empty value as "not set"; leaving it out makes that visible to readers.
  environment = {
    for name, value in merge(var.extra_environment, local.service_environment, local.rotation_environment) :
    name => value if value != ""
  }

  service_environment = {
    PORT              = "8080"
    LORNU_ENVIRONMENT = "staging"
    LORNU_REGION      = var.region
    LORNU_REVISION    = var.revision
    LORNU_PUBLIC_URL  = local.public_url
    LORNU_METRICS     = "emf" # metric lines in the log, read by CloudWatch
    GEMINI_MODEL      = var.gemini_model

    GEMINI_OTHER_MODELS         = join(",", sort(var.other_models))
    LORNU_DAILY_BUDGET_USER_USD = var.daily_budgets_usd.user == null ? "" : tostring(var.daily_budgets_usd.user)
    LORNU_DAILY_BUDGET_APP_USD  = var.daily_budgets_usd.app == null ? "" : tostring(var.daily_budgets_usd.app)
    LORNU_DAILY_BUDGET_USD      = var.daily_budgets_usd.total == null ? "" : tostring(var.daily_budgets_usd.total)

    LORNU_SHADOW_URL      = var.shadow == null ? "" : var.shadow.url
    LORNU_SHADOW_SHARE    = var.shadow == null ? "" : tostring(var.shadow.share)
    LORNU_SHADOW_AUDIENCE = var.shadow == null ? "" : var.shadow.audience

    # Spans go straight to Google, as the task's own identity there: no collector beside the agent.
    LORNU_TRACE_URL   = var.trace_share > 0 ? "https://telemetry.googleapis.com" : ""
    LORNU_TRACE_SHARE = var.trace_share > 0 ? tostring(var.trace_share) : ""

    # Conversations are where Google Cloud's agent has them, in staging's own database.
    LORNU_SESSION_STORE               = "firestore"
    GOOGLE_CLOUD_PROJECT              = var.google.project_id
    FIRESTORE_DATABASE                = var.google.firestore_database
    ARTIFACT_BUCKET                   = var.google.artifact_bucket
    GOOGLE_WORKLOAD_IDENTITY_AUDIENCE = var.google.workload_identity_audience
    GOOGLE_SERVICE_ACCOUNT_EMAIL      = var.google.service_account_email

    # Machines: the same values as the load balancer checks.
    A2A_TOKEN_ISSUER      = var.jwt.issuer
    A2A_TOKEN_JWKS_URL    = var.jwt.jwks_endpoint
    A2A_TOKEN_AUDIENCE    = local.jwt_audience
    A2A_ALLOWED_EMAILS    = join(",", sort(var.peer_emails))
    A2A_SERVICE_EMAILS    = join(",", sort(var.service_emails))
    LORNU_OPERATOR_EMAILS = join(",", sort(var.operator_emails))

    # The agent on Google Cloud, which ours asks.
    A2A_PEER_URL       = var.peer_url
    A2A_PEER_AUDIENCE  = var.peer_audience
    A2A_PEER_CARD_KEYS = var.peer_card_keys
    A2A_PEER_FALLBACK  = var.peer_fallback ? "1" : ""

    A2A_MUTUAL_TLS           = var.mutual_tls == null ? "off" : "alb"
    A2A_ALLOWED_CERTIFICATES = var.mutual_tls == null ? "" : join(",", [for name, peer in var.mutual_tls.peers : "${name}=${peer}"])

    # People.
    OIDC_ISSUER          = var.sign_in.issuer
    OIDC_ALLOWED_DOMAINS = join(",", sort(var.sign_in.domains))
  }

  # Where a running task re-reads a rotated value.
  rotation_environment = {
    for name in local.task_secrets :
    "LORNU_SECRET_ARN_${upper(replace(name, "-", "_"))}" => data.aws_secretsmanager_secret.task[name].arn
  }

  # The name after :: is a key of the secret's JSON.
  secret_variables = {
    gemini-api-key      = { GEMINI_API_KEY = "" }
    gcp-service-account = { GCP_SERVICE_ACCOUNT_KEY = "" }
    oidc-client         = { OIDC_CLIENT_ID = ":client_id::", OIDC_CLIENT_SECRET = ":client_secret::" }
    session-key         = { SESSION_KEY = "" }
    a2a-signing-key     = { A2A_SIGNING_KEY = "" }
  }

  environment_secrets = merge([
    for name in local.task_secrets : {
      for variable, json_key in local.secret_variables[name] :
      variable => "${data.aws_secretsmanager_secret.task[name].arn}${json_key}"
    }
  ]...)
}
