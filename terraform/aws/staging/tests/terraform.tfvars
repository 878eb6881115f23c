# What every test of this folder begins with; `terraform test` reads this file by itself.

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
