# What is not made unless a variable asks for it. Who may reach whom is stated over the plan
# (tests/infrastructure/checks/network) and tested in the rehearsal.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

run "by_default_nothing_unasked_is_made" {
  command = plan

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.alb_mutual_tls) == 0
    error_message = "Port 8443 is open although mutual TLS is off."
  }

  assert {
    condition     = keys(aws_nat_gateway.staging) == ["a"] && length(aws_vpc_endpoint.interface) == 0
    error_message = "Staging pays for a second NAT gateway or for interface endpoints nobody asked for."
  }

  assert {
    # An empty value is left out of the container's environment.
    condition     = alltrue([for name, value in local.service_environment : value == "" if startswith(name, "A2A_PEER_")])
    error_message = "The service is told of a peer that is not there."
  }
}

run "a_gateway_in_each_zone_serves_its_own_zone" {
  command = plan

  variables {
    nat_gateway_per_zone = true
  }

  assert {
    condition     = keys(aws_nat_gateway.staging) == ["a", "b"] && keys(aws_cloudwatch_metric_alarm.nat_ports) == ["a", "b"]
    error_message = "A zone has no NAT gateway of its own, or its ports are not watched."
  }
}
