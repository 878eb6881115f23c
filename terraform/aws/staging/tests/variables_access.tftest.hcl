# Every validation refuses its invalid values: names, callers and identities. Removing a validation
# makes its run fail. `./lornu test` runs it with the variables alone: it states nothing of a resource.

mock_provider "aws" {
  source = "./tests/mocks"
}

run "neither_zone_nor_certificate_is_refused" {
  command = plan

  variables {
    certificate_arn = ""
  }

  expect_failures = [var.certificate_arn]
}

run "zone_and_certificate_together_are_refused" {
  command = plan

  variables {
    route53_zone_id = "Z0123456789ABCDEFGHIJ"
  }

  expect_failures = [var.certificate_arn]
}

run "names_and_addresses_of_another_form_are_refused" {
  command = plan

  variables {
    domain_name     = "https://lornu.example"
    route53_zone_id = "/hostedzone/Z0123456789ABC"
    peer_url        = "http://peer.example"
  }

  expect_failures = [var.domain_name, var.route53_zone_id, var.peer_url]
}

run "a_peer_that_is_not_there_and_keys_that_are_none_are_refused" {
  command = plan

  variables {
    peer_card_keys = jsonencode({ keys = [{ kty = "EC", crv = "P-256", kid = "k1", x = "AA", y = "BB", d = "PRIVATE" }] })
    peer_audience  = "https://agent.lornu.example"
    peer_fallback  = true
  }

  expect_failures = [var.peer_audience, var.peer_card_keys, var.peer_fallback]
}

run "a_name_in_capitals_is_refused" {
  command = plan

  variables {
    domain_name = "AWS.lornu.example"
  }

  expect_failures = [var.domain_name]
}

run "a_fail_over_to_an_unnamed_place_is_refused" {
  command = plan

  variables {
    google_cloud_address = "203.0.113.10"
  }

  expect_failures = [var.google_cloud_address]
}

run "a_host_name_as_google_clouds_address_is_refused" {
  command = plan

  variables {
    certificate_arn      = ""
    route53_zone_id      = "Z0123456789ABCDEFGHIJ"
    failover_domain_name = "staging.lornu.example"
    google_cloud_address = "ghs.googlehosted.com"
  }

  expect_failures = [var.google_cloud_address]
}

run "a_fail_over_name_equal_to_our_own_is_refused" {
  command = plan

  variables {
    failover_domain_name = "aws-staging.lornu.example"
  }

  expect_failures = [var.failover_domain_name]
}

run "tokens_and_sign_in_without_tls_are_refused_and_so_are_tokens_of_everyone" {
  command = plan

  variables {
    jwt         = { issuer = "http://issuer.example" }
    sign_in     = { issuer = "http://issuer.example", domains = ["lornu.example"] }
    peer_emails = []
  }

  expect_failures = [var.jwt, var.sign_in, var.peer_emails]
}

run "a_key_set_without_tls_and_a_person_as_peer_are_refused" {
  command = plan

  variables {
    jwt         = { jwks_endpoint = "http://issuer.example/keys" }
    sign_in     = { domains = [] }
    peer_emails = ["someone@gmail.com"]
  }

  expect_failures = [var.jwt, var.sign_in, var.peer_emails]
}

run "sign_in_for_everyone_with_a_mail_account_is_refused" {
  command = plan

  variables {
    sign_in     = { domains = ["gmail.com"] }
    peer_emails = [for n in range(11) : "peer-${n}@lornu-prod.iam.gserviceaccount.com"]
  }

  expect_failures = [var.sign_in, var.peer_emails]
}

run "mutual_tls_without_an_authority_is_refused" {
  command = plan

  variables {
    mutual_tls = { ca_certificates = "none", peer_cidrs = ["203.0.113.0/24"], peers = { "URI:spiffe://lornu/agent" = "lornu-agent" } }
    google     = merge(var.google, { project_id = "123456789" })
  }

  expect_failures = [var.mutual_tls, var.google]
}

run "a_private_key_among_the_authorities_is_refused" {
  command = plan

  variables {
    mutual_tls = { ca_certificates = "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----", peer_cidrs = ["203.0.113.0/24"], peers = { "URI:spiffe://lornu/agent" = "lornu-agent" } }
    google     = merge(var.google, { workload_identity_audience = "https://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/lornu-aws/providers/aws-staging" })
  }

  expect_failures = [var.mutual_tls, var.google]
}

run "mutual_tls_for_the_whole_internet_is_refused" {
  command = plan

  variables {
    operator_emails = ["someone@gmail.com"]
    mutual_tls      = { ca_certificates = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", peer_cidrs = ["0.0.0.0/0"], peers = { "URI:spiffe://lornu/agent" = "lornu-agent" } }
    google          = merge(var.google, { service_account_email = "someone@lornu.ai" })
  }

  expect_failures = [var.operator_emails, var.mutual_tls, var.google]
}

run "mutual_tls_for_no_peer_is_refused" {
  command = plan

  variables {
    operator_emails = ["lornu-agent@lornu-prod.iam.gserviceaccount.com"]
    mutual_tls      = { ca_certificates = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", peer_cidrs = [], peers = { "URI:spiffe://lornu/agent" = "lornu-agent" } }
    google          = merge(var.google, { artifact_bucket = "gs://lornu" })
  }

  expect_failures = [var.operator_emails, var.mutual_tls, var.google]
}

run "a_certificate_of_anyone_the_authority_signed_is_refused" {
  command = plan

  variables {
    mutual_tls     = { ca_certificates = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", peer_cidrs = ["203.0.113.0/24"], peers = {} }
    service_emails = ["someone@gmail.com"]
  }

  expect_failures = [var.mutual_tls, var.service_emails]
}

run "the_default_database_is_refused" {
  command = plan

  variables {
    google = merge(var.google, { firestore_database = "(default)" })
  }

  expect_failures = [var.google]
}

run "an_unknown_kind_of_google_credentials_is_refused" {
  command = plan

  variables {
    google = merge(var.google, { credentials = "keyfile" })
  }

  expect_failures = [var.google]
}
