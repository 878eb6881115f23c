# The way in. Port 80 redirects; 443 decides by rule: open, token, or the service's own
# sign-in. The listener's default answer is 401, so what no rule lets in stays out.

# Public on purpose: people and the peer on Google Cloud come from the internet.
#tfsec:ignore:aws-elb-alb-not-public
resource "aws_lb" "staging" {
  #checkov:skip=CKV2_AWS_76:Log4j is covered by KnownBadInputs; the anonymous IP list it also asks for blocks hosting providers, so the peer on Google Cloud
  name               = local.name
  load_balancer_type = "application"
  internal           = false
  subnets            = [for subnet in aws_subnet.public : subnet.id]
  security_groups    = [aws_security_group.alb.id]

  enable_deletion_protection = var.deletion_protection
  drop_invalid_header_fields = true
  desync_mitigation_mode     = "defensive"
  preserve_host_header       = true # sign-in redirects and agent cards contain the requested host
  idle_timeout               = local.timeouts.alb_idle
  client_keep_alive          = local.timeouts.alb_client_keep

  access_logs {
    bucket  = aws_s3_bucket.access_logs.id
    prefix  = "alb"
    enabled = true
  }

  # The bucket must allow the ALB to write before logging is enabled.
  depends_on = [aws_s3_bucket_policy.access_logs]
}

# TLS ends at the load balancer; the last hop stays inside the VPC, from this load balancer's
# security group to the tasks' and nowhere else.
resource "aws_lb_target_group" "agent" {
  #checkov:skip=CKV_AWS_378:HTTP between two security groups of one VPC; a certificate in each task would be one more secret to rotate
  name                          = "${local.name}-agent"
  target_type                   = "ip"
  port                          = 8080
  protocol                      = "HTTP"
  protocol_version              = "HTTP1" # for server-sent events and WebSocket
  vpc_id                        = aws_vpc.staging.id
  load_balancing_algorithm_type = "least_outstanding_requests" # streams are long and unequal
  deregistration_delay          = local.timeouts.deregistration_delay

  health_check {
    path                = "/health"
    port                = "traffic-port"
    protocol            = "HTTP"
    matcher             = "200"
    interval            = 15
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }
}

resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.staging.arn
  port              = 80
  protocol          = "HTTP"

  default_action {
    type = "redirect"

    redirect {
      port        = "443"
      protocol    = "HTTPS"
      status_code = "HTTP_301"
    }
  }
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.staging.arn
  port              = 443
  protocol          = "HTTPS"
  certificate_arn   = local.certificate_arn

  # TLS 1.3, and 1.2 with forward secrecy and authenticated ciphers only.
  ssl_policy = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"

  default_action {
    type = "fixed-response"

    fixed_response {
      content_type = "application/json"
      message_body = jsonencode({ detail = "Not signed in: send a bearer token." })
      status_code  = "401"
    }
  }
}
