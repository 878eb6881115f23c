# What the network's variables change, and which numbers must be below which. Who may reach whom is
# stated over the plan (tests/infrastructure/checks/network) and tested in the rehearsal.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

run "by_default_limits_are_in_order_and_nothing_unasked_is_made" {
  command = plan

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.alb_mutual_tls) == 0
    error_message = "Port 8443 is open although mutual TLS is off."
  }

  assert {
    condition     = local.timeouts.stream_ping * 2 < aws_lb.staging.idle_timeout
    error_message = "One lost ping would let the load balancer cut a silent stream."
  }

  assert {
    condition     = aws_lb.staging.idle_timeout < local.timeouts.server_keep_alive
    error_message = "The server closes idle connections before the load balancer does: clients get 502."
  }

  assert {
    condition     = aws_lb.staging.client_keep_alive == 60
    error_message = "An open page keeps its connection here for longer than a minute after the fail-over name has changed."
  }

  assert {
    condition     = tonumber(aws_lb_target_group.agent.deregistration_delay) == 120 && jsondecode(aws_ecs_task_definition.agent.container_definitions)[0].stopTimeout == 120
    error_message = "A stopped task has other times to finish streams than the service's hand-over counts on (120 s each)."
  }

  assert {
    condition     = aws_lb_target_group.agent.health_check[0].timeout < aws_lb_target_group.agent.health_check[0].interval
    error_message = "A health check would begin before the last one has ended."
  }

  assert {
    condition     = keys(aws_nat_gateway.staging) == ["a"] && length(aws_vpc_endpoint.interface) == 0
    error_message = "Staging pays for a second NAT gateway or for interface endpoints nobody asked for."
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
