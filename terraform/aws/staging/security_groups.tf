# Who may connect to whom. Rules are separate resources, so that a plan shows one line per rule, and
# a rule added by hand is reported as drift.

resource "aws_security_group" "alb" {
  #checkov:skip=CKV_AWS_260:Port 80 redirects to HTTPS only; once applied, the group reads its rules back
  name        = "${local.name}-alb"
  description = "Load balancer: HTTP and HTTPS from anywhere"
  vpc_id      = aws_vpc.staging.id

  tags = { Name = "${local.name}-alb" }
}

# Port 80 only answers with a redirect (alb.tf), for a person who types the bare name.
resource "aws_vpc_security_group_ingress_rule" "alb_http" {
  #checkov:skip=CKV_AWS_260:Redirects to HTTPS only; closed, a bare name would time out
  security_group_id = aws_security_group.alb.id
  description       = "HTTP from anywhere, redirected to HTTPS"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
}

resource "aws_vpc_security_group_ingress_rule" "alb_https" {
  security_group_id = aws_security_group.alb.id
  description       = "HTTPS from anywhere"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_ingress_rule" "alb_mutual_tls" {
  for_each = local.mutual_tls_peers

  security_group_id = aws_security_group.alb.id
  description       = "Mutual TLS from the peer"
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = 8443
  to_port           = 8443
}

resource "aws_vpc_security_group_egress_rule" "alb_tasks" {
  security_group_id            = aws_security_group.alb.id
  description                  = "To the agent"
  referenced_security_group_id = aws_security_group.tasks.id
  ip_protocol                  = "tcp"
  from_port                    = 8080
  to_port                      = 8080
}

# The ALB fetches the issuer's key set itself before it can verify a token.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-verify-jwt.html
resource "aws_vpc_security_group_egress_rule" "alb_key_set" {
  security_group_id = aws_security_group.alb.id
  description       = "To the key set of the token issuer"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_security_group" "tasks" {
  name        = "${local.name}-tasks"
  description = "Agent tasks: in from the load balancer only"
  vpc_id      = aws_vpc.staging.id

  tags = { Name = "${local.name}-tasks" }
}

resource "aws_vpc_security_group_ingress_rule" "tasks_alb" {
  security_group_id            = aws_security_group.tasks.id
  description                  = "From the load balancer"
  referenced_security_group_id = aws_security_group.alb.id
  ip_protocol                  = "tcp"
  from_port                    = 8080
  to_port                      = 8080
}

# Gemini, Firestore, Google's token services, the peer, and AWS's own APIs: all HTTPS.
resource "aws_vpc_security_group_egress_rule" "tasks_https" {
  security_group_id = aws_security_group.tasks.id
  description       = "HTTPS to Google and AWS"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

# Only the VPC's own resolver: any other resolver could be used to send data out.
resource "aws_vpc_security_group_egress_rule" "tasks_dns" {
  for_each = toset(["udp", "tcp"])

  security_group_id = aws_security_group.tasks.id
  description       = "DNS to the VPC resolver over ${each.key}"
  cidr_ipv4         = "${cidrhost(var.vpc_cidr, 2)}/32"
  ip_protocol       = each.key
  from_port         = 53
  to_port           = 53
}

resource "aws_security_group" "endpoints" {
  #checkov:skip=CKV2_AWS_5:Attached to aws_vpc_endpoint.interface; the check does not follow for_each
  for_each = var.interface_endpoints ? toset(["staging"]) : toset([])

  name        = "${local.name}-endpoints"
  description = "Interface endpoints: HTTPS from agent tasks"
  vpc_id      = aws_vpc.staging.id

  tags = { Name = "${local.name}-endpoints" }
}

resource "aws_vpc_security_group_ingress_rule" "endpoints_tasks" {
  for_each = aws_security_group.endpoints

  security_group_id            = each.value.id
  description                  = "HTTPS from agent tasks"
  referenced_security_group_id = aws_security_group.tasks.id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}
