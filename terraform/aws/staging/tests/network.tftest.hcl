# Who can reach whom, and which numbers must stand below which.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
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
}

run "subnets_lie_in_two_zones_and_never_give_out_public_addresses" {
  command = plan

  assert {
    condition     = { for key, subnet in aws_subnet.public : key => subnet.cidr_block } == { a = "10.1.0.0/24", b = "10.1.1.0/24" }
    error_message = "The public subnets have moved: whoever allow-lists or peers with them is cut off."
  }

  assert {
    condition     = { for key, subnet in aws_subnet.private : key => subnet.cidr_block } == { a = "10.1.10.0/24", b = "10.1.11.0/24" }
    error_message = "The private subnets have moved: changing a subnet's range replaces everything in it."
  }

  assert {
    condition     = [for key in ["a", "b"] : aws_subnet.private[key].availability_zone] == ["us-east-1a", "us-east-1b"]
    error_message = "The tasks' subnets share a zone: one zone's loss would stop them all."
  }

  assert {
    condition     = alltrue([for subnet in concat(values(aws_subnet.public), values(aws_subnet.private)) : !subnet.map_public_ip_on_launch])
    error_message = "A subnet gives out public addresses: a task in it would be on the internet."
  }

  assert {
    condition     = length(aws_default_security_group.closed.ingress) == 0 && length(aws_default_security_group.closed.egress) == 0
    error_message = "The default security group lets traffic through."
  }
}

run "only_the_load_balancer_is_open_to_the_internet_and_only_on_80_and_443" {
  command = plan

  assert {
    condition     = [aws_vpc_security_group_ingress_rule.alb_http.to_port, aws_vpc_security_group_ingress_rule.alb_https.to_port] == [80, 443]
    error_message = "The load balancer is open on another port than 80 and 443."
  }

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.alb_mutual_tls) == 0
    error_message = "Port 8443 is open although mutual TLS is off."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.tasks_alb.cidr_ipv4 == null && aws_vpc_security_group_ingress_rule.tasks_alb.from_port == 8080 && aws_vpc_security_group_ingress_rule.tasks_alb.to_port == 8080
    error_message = "Tasks take traffic from addresses instead of from the load balancer's group on 8080."
  }
}

run "tasks_reach_out_on_443_and_to_the_vpc_resolver_only" {
  command = plan

  assert {
    condition     = aws_vpc_security_group_egress_rule.tasks_https.from_port == 443 && aws_vpc_security_group_egress_rule.tasks_https.to_port == 443
    error_message = "Tasks may open connections to other ports than 443."
  }

  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_egress_rule.tasks_dns : rule.cidr_ipv4 == "10.1.0.2/32" && rule.from_port == 53 && rule.to_port == 53])
    error_message = "Tasks may ask another resolver than the VPC's: a way to carry data out."
  }
}

run "each_limit_stands_below_the_next_or_a_stream_is_cut" {
  command = plan

  assert {
    condition     = local.timeouts.stream_ping * 2 < aws_lb.staging.idle_timeout
    error_message = "One lost ping would let the load balancer cut a silent stream."
  }

  assert {
    condition     = aws_lb.staging.idle_timeout < local.timeouts.server_keep_alive
    error_message = "The server closes idle connections before the load balancer does: clients get 502."
  }

  assert {
    condition     = aws_lb.staging.client_keep_alive > aws_lb.staging.idle_timeout
    error_message = "A client's connection ends while its stream is still allowed to idle."
  }

  assert {
    condition     = tonumber(aws_lb_target_group.agent.deregistration_delay) == 120 && jsondecode(aws_ecs_task_definition.agent.container_definitions)[0].stopTimeout == 120
    error_message = "A stopped task has other times to finish streams than the service's hand-over counts on (120 s each)."
  }

  assert {
    condition     = aws_lb_target_group.agent.health_check[0].timeout < aws_lb_target_group.agent.health_check[0].interval
    error_message = "A health check would begin before the last one has ended."
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

run "one_gateway_serves_both_zones_unless_asked_otherwise" {
  command = plan

  assert {
    condition     = keys(aws_nat_gateway.staging) == ["a"] && length(aws_vpc_endpoint.interface) == 0
    error_message = "Staging pays for a second NAT gateway or for interface endpoints nobody asked for."
  }
}
