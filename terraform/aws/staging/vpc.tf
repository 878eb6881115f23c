# The network: two zones, the load balancer in public subnets, tasks in private ones.

locals {
  # The ALB needs two zones, and they survive the loss of one. They are named, not taken from a list
  # that grows: a new zone must not move a subnet.
  zones = {
    a = { name = "${var.region}${var.zone_letters[0]}", public = 0, private = 10 }
    b = { name = "${var.region}${var.zone_letters[1]}", public = 1, private = 11 }
  }

  # One NAT gateway halves the largest fixed cost of staging; the loss of its zone then cuts the
  # other zone off from Gemini and Firestore. nat_gateway_per_zone adds the second one.
  nat_zones = var.nat_gateway_per_zone ? local.zones : { a = local.zones.a }
}

resource "aws_vpc" "staging" {
  cidr_block           = var.vpc_cidr
  enable_dns_support   = true
  enable_dns_hostnames = true # interface endpoints resolve through private names

  tags = { Name = local.name }
}

# Resources without a security group get this one: no rule, no traffic.
resource "aws_default_security_group" "closed" {
  vpc_id  = aws_vpc.staging.id
  ingress = []
  egress  = []

  tags = { Name = "${local.name}-default-closed" }
}

resource "aws_internet_gateway" "staging" {
  vpc_id = aws_vpc.staging.id

  tags = { Name = local.name }
}

resource "aws_subnet" "public" {
  for_each = local.zones

  vpc_id                  = aws_vpc.staging.id
  availability_zone       = each.value.name
  cidr_block              = cidrsubnet(var.vpc_cidr, 8, each.value.public)
  map_public_ip_on_launch = false # the ALB and the NAT gateway have their own addresses

  tags = { Name = "${local.name}-public-${each.key}" }
}

resource "aws_subnet" "private" {
  for_each = local.zones

  vpc_id                  = aws_vpc.staging.id
  availability_zone       = each.value.name
  cidr_block              = cidrsubnet(var.vpc_cidr, 8, each.value.private)
  map_public_ip_on_launch = false

  tags = { Name = "${local.name}-private-${each.key}" }
}

resource "aws_eip" "nat" {
  for_each = local.nat_zones

  domain = "vpc"

  tags = { Name = "${local.name}-nat-${each.key}" }

  # An address is only reachable once the gateway is attached.
  depends_on = [aws_internet_gateway.staging]
}

resource "aws_nat_gateway" "staging" {
  for_each = local.nat_zones

  allocation_id = aws_eip.nat[each.key].id
  subnet_id     = aws_subnet.public[each.key].id

  tags = { Name = "${local.name}-${each.key}" }

  depends_on = [aws_internet_gateway.staging]
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.staging.id

  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.staging.id
  }

  tags = { Name = "${local.name}-public" }
}

resource "aws_route_table" "private" {
  for_each = local.zones

  vpc_id = aws_vpc.staging.id

  route {
    cidr_block     = "0.0.0.0/0"
    nat_gateway_id = aws_nat_gateway.staging[var.nat_gateway_per_zone ? each.key : "a"].id
  }

  tags = { Name = "${local.name}-private-${each.key}" }
}

resource "aws_route_table_association" "public" {
  for_each = local.zones

  subnet_id      = aws_subnet.public[each.key].id
  route_table_id = aws_route_table.public.id
}

resource "aws_route_table_association" "private" {
  for_each = local.zones

  subnet_id      = aws_subnet.private[each.key].id
  route_table_id = aws_route_table.private[each.key].id
}

resource "aws_flow_log" "vpc" {
  vpc_id                   = aws_vpc.staging.id
  traffic_type             = "ALL"
  log_destination          = aws_cloudwatch_log_group.flow.arn
  iam_role_arn             = aws_iam_role.flow_log.arn
  max_aggregation_interval = 60 # a minute, not ten, because it is read during an incident

  tags = { Name = local.name }
}
