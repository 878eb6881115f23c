# Names and certificate. With route53_zone_id Terraform creates both. With another DNS: request a
# certificate in ACM for domain_name, create the CNAME that ACM shows, set certificate_arn, apply,
# and point domain_name at output load_balancer_dns_name.

locals {
  managed_dns = var.route53_zone_id == "" ? {} : { staging = var.route53_zone_id }
  failover    = var.google_cloud_address == "" ? {} : { staging = var.route53_zone_id }

  # The validated certificate: a listener refuses one that is not.
  certificate_arn = var.route53_zone_id == "" ? var.certificate_arn : aws_acm_certificate_validation.staging["staging"].certificate_arn

  # Known before the certificate exists, so that a plan can show the records.
  certificate_names = var.failover_domain_name == "" ? [var.domain_name] : [var.domain_name, var.failover_domain_name]
}

resource "aws_acm_certificate" "staging" {
  for_each = local.managed_dns

  domain_name               = var.domain_name
  subject_alternative_names = [for name in local.certificate_names : name if name != var.domain_name]
  validation_method         = "DNS"

  lifecycle {
    create_before_destroy = true # a listener keeps the old one until it has the new
  }
}

resource "aws_route53_record" "certificate" {
  for_each = var.route53_zone_id == "" ? toset([]) : toset(local.certificate_names)

  zone_id = var.route53_zone_id
  name    = one([for option in aws_acm_certificate.staging["staging"].domain_validation_options : option.resource_record_name if option.domain_name == each.key])
  type    = "CNAME"
  ttl     = 300
  records = [one([for option in aws_acm_certificate.staging["staging"].domain_validation_options : option.resource_record_value if option.domain_name == each.key])]

  # ACM returns the same record each time for a name.
  allow_overwrite = true
}

resource "aws_acm_certificate_validation" "staging" {
  for_each = local.managed_dns

  certificate_arn         = aws_acm_certificate.staging[each.key].arn
  validation_record_fqdns = [for record in aws_route53_record.certificate : record.fqdn]
}

# This environment's own name never fails over, so that peers, sign-in and checks reach AWS even
# while Google Cloud is healthy.
resource "aws_route53_record" "staging" {
  for_each = local.managed_dns

  zone_id = each.value
  name    = var.domain_name
  type    = "A"

  alias {
    name                   = aws_lb.staging.dns_name
    zone_id                = aws_lb.staging.zone_id
    evaluate_target_health = true
  }
}

# The shared name: Google Cloud while it is healthy, else this load balancer.
resource "aws_route53_health_check" "google_cloud" {
  for_each = local.failover

  ip_address        = var.google_cloud_address
  fqdn              = var.failover_domain_name # server name of the TLS handshake
  type              = "HTTPS"
  port              = 443
  resource_path     = "/health"
  request_interval  = 30
  failure_threshold = 3

  tags = { Name = "${local.name}-google-cloud" }
}

resource "aws_route53_record" "failover_primary" {
  for_each = local.failover

  #checkov:skip=CKV2_AWS_23:The address is Google Cloud's and lives in another account by design
  zone_id         = each.value
  name            = var.failover_domain_name
  type            = "A"
  ttl             = 60 # how long a client may keep the failed cloud's address
  records         = [var.google_cloud_address]
  set_identifier  = "google-cloud"
  health_check_id = aws_route53_health_check.google_cloud[each.key].id

  failover_routing_policy {
    type = "PRIMARY"
  }
}

resource "aws_route53_record" "failover_secondary" {
  for_each = local.failover

  zone_id        = each.value
  name           = var.failover_domain_name
  type           = "A"
  set_identifier = "aws"

  failover_routing_policy {
    type = "SECONDARY"
  }

  alias {
    name                   = aws_lb.staging.dns_name
    zone_id                = aws_lb.staging.zone_id
    evaluate_target_health = true
  }
}
