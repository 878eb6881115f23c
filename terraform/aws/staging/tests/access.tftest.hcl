# What the variables change about who passes the load balancer and which names lead to it.
# tests/infrastructure/checks states the rest over the plan.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

run "the_python_agent_serves_only_requests_with_a_token" {
  command = plan

  variables {
    agent_runtime = "fastapi"
  }

  assert {
    condition     = length(aws_lb_listener_rule.people) == 0
    error_message = "The Python agent has no sign-in, yet requests without a token reach it."
  }

  assert {
    condition     = contains(flatten([for condition in aws_lb_listener_rule.health.condition : [for path in condition.path_pattern : path.values]]), "/version")
    error_message = "lornu deploy waits for the revision at /version, without a token: the Python agent could never be deployed."
  }
}

run "mutual_tls_verifies_certificates_and_opens_only_to_the_peer" {
  command = plan

  variables {
    mutual_tls = {
      ca_certificates = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
      peer_cidrs      = ["203.0.113.0/24"]
      peers           = { "URI:spiffe://lornu/agent" = "lornu-agent" }
    }
  }

  assert {
    condition     = aws_lb_listener.mutual_tls["staging"].port == 8443 && aws_lb_listener.mutual_tls["staging"].mutual_authentication[0].mode == "verify"
    error_message = "The mutual TLS listener lets unverified certificates through (passthrough) or stands on another port."
  }

  assert {
    condition     = [for rule in aws_vpc_security_group_ingress_rule.alb_mutual_tls : "${rule.cidr_ipv4}:${rule.to_port}"] == ["203.0.113.0/24:8443"]
    error_message = "Port 8443 is open to others than the peer."
  }
}

run "fail_over_prefers_google_cloud_and_leaves_our_own_name_alone" {
  command = plan

  # The validation record that ACM would request.
  override_resource {
    target = aws_acm_certificate.staging["staging"]
    values = {
      domain_validation_options = [
        { domain_name = "aws-staging.lornu.example", resource_record_name = "_a.aws-staging.lornu.example.", resource_record_type = "CNAME", resource_record_value = "_a.acm-validations.aws." },
        { domain_name = "staging.lornu.example", resource_record_name = "_b.staging.lornu.example.", resource_record_type = "CNAME", resource_record_value = "_b.acm-validations.aws." },
      ]
    }
  }

  variables {
    certificate_arn      = ""
    route53_zone_id      = "Z0123456789ABCDEFGHIJ"
    failover_domain_name = "staging.lornu.example"
    google_cloud_address = "203.0.113.10"
  }

  assert {
    condition     = aws_route53_record.failover_primary["staging"].failover_routing_policy[0].type == "PRIMARY" && aws_route53_record.failover_primary["staging"].records == toset(["203.0.113.10"])
    error_message = "Google Cloud is not the primary of the shared name."
  }

  assert {
    condition     = length(aws_route53_record.staging["staging"].failover_routing_policy) == 0 && aws_route53_record.staging["staging"].name == "aws-staging.lornu.example"
    error_message = "Our own name fails over too: peers and checks could not reach AWS while Google Cloud is healthy."
  }

  assert {
    condition     = aws_route53_health_check.google_cloud["staging"].type == "HTTPS" && aws_route53_health_check.google_cloud["staging"].resource_path == "/health"
    error_message = "The primary is not checked for health over HTTPS: it would never fail over."
  }
}
