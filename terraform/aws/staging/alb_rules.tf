# Rules of the HTTPS listener, in the order of their priority.
# Limits: 5 condition values a rule, 100 rules.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html

# Only the mutual TLS listener adds these headers. A caller that sends them here pretends to have a
# certificate that was never verified.
resource "aws_lb_listener_rule" "forged_certificate" {
  for_each = {
    X-Amzn-Mtls-Clientcert               = 1
    X-Amzn-Mtls-Clientcert-Leaf          = 2
    X-Amzn-Mtls-Clientcert-Subject       = 3
    X-Amzn-Mtls-Clientcert-Issuer        = 4
    X-Amzn-Mtls-Clientcert-Serial-Number = 5
    X-Amzn-Mtls-Clientcert-Validity      = 6
  }

  listener_arn = aws_lb_listener.https.arn
  priority     = each.value

  condition {
    http_header {
      http_header_name = each.key
      values           = ["*"]
    }
  }

  action {
    type = "fixed-response"

    fixed_response {
      content_type = "application/json"
      message_body = jsonencode({ detail = "Client certificate headers are not accepted on this port." })
      status_code  = "400"
    }
  }

  tags = { Name = "forged-certificate" }
}

# Not for the load balancer's own health checks but for people, monitors, lornu verify and lornu
# deploy. Deploy requests /version without a token, whichever agent runs.
resource "aws_lb_listener_rule" "health" {
  listener_arn = aws_lb_listener.https.arn
  priority     = 10

  condition {
    path_pattern {
      values = ["/health", "/version"]
    }
  }

  condition {
    http_request_method {
      values = ["GET", "HEAD"]
    }
  }

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.agent.arn
  }

  tags = { Name = "health" }
}

# A caller reads the card before it can know which token to send.
resource "aws_lb_listener_rule" "agent_cards" {
  listener_arn = aws_lb_listener.https.arn
  priority     = 20

  condition {
    path_pattern {
      values = [
        "/.well-known/agent-card.json",
        "/.well-known/agent.json",
        "/a2a/*/.well-known/*.json", # cards, and the keys of their signatures
      ]
    }
  }

  condition {
    http_request_method {
      values = ["GET", "HEAD"]
    }
  }

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.agent.arn
  }

  tags = { Name = "agent-cards" }
}

# Machines: the token's signature, issuer, expiry, audience and e-mail are checked here, and again
# in the service. Without the audience and e-mail claims, any token of the issuer would pass. A
# refused token ends there: no later rule is tried, so one rule per e-mail cannot work. With several
# e-mails the claim is a list; AWS only describes lists for the other formats, so try it before
# relying on it (terraform/README.md).
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-verify-jwt.html
locals {
  token_rules = {
    a2a = {
      priority = 30
      paths    = ["/a2a", "/a2a/*"]
      bearer   = []
    }
    # Any other caller with a token is a machine too; people have a cookie.
    bearer = {
      priority = 40
      paths    = []
      bearer   = ["Bearer *"]
    }
  }

  # The Python agent knows no operators: there such a token would be one that acts for users.
  token_emails = setunion(var.peer_emails, var.service_emails, var.agent_runtime == "bun" ? var.operator_emails : [])

  jwt_audience = var.jwt.audience == "" ? local.public_url : var.jwt.audience
}

resource "aws_lb_listener_rule" "token" {
  for_each = local.token_rules

  listener_arn = aws_lb_listener.https.arn
  priority     = each.value.priority

  dynamic "condition" {
    for_each = length(each.value.paths) > 0 ? [each.value.paths] : []

    content {
      path_pattern {
        values = condition.value
      }
    }
  }

  dynamic "condition" {
    for_each = length(each.value.bearer) > 0 ? [each.value.bearer] : []

    content {
      http_header {
        http_header_name = "Authorization"
        values           = condition.value
      }
    }
  }

  action {
    type  = "jwt-validation"
    order = 1

    jwt_validation {
      issuer        = var.jwt.issuer
      jwks_endpoint = var.jwt.jwks_endpoint

      additional_claim {
        name   = "aud"
        format = "single-string"
        values = [local.jwt_audience]
      }

      additional_claim {
        name   = "email"
        format = "single-string"
        values = local.token_emails
      }
    }
  }

  action {
    type             = "forward"
    order            = 2
    target_group_arn = aws_lb_target_group.agent.arn
  }

  tags = { Name = each.key }
}

# People: the service signs them in itself. The Python agent has no sign-in, so with it this rule is
# absent and the listener answers 401.
resource "aws_lb_listener_rule" "people" {
  for_each = var.agent_runtime == "bun" ? { people = 100 } : {}

  listener_arn = aws_lb_listener.https.arn
  priority     = each.value

  condition {
    path_pattern {
      values = ["/*"]
    }
  }

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.agent.arn
  }

  tags = { Name = each.key }
}
