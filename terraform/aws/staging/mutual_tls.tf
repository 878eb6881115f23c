# A second entry for peers with a client certificate: port 8443, only from their addresses, absent
# until var.mutual_tls is set. A separate listener, because a browser on 443 must not be asked for a
# certificate.

locals {
  mutual_tls       = var.mutual_tls == null ? {} : { staging = var.mutual_tls }
  mutual_tls_peers = var.mutual_tls == null ? toset([]) : var.mutual_tls.peer_cidrs
}

resource "aws_lb_listener" "mutual_tls" {
  for_each = local.mutual_tls

  load_balancer_arn = aws_lb.staging.arn
  port              = 8443
  protocol          = "HTTPS"
  certificate_arn   = local.certificate_arn
  ssl_policy        = aws_lb_listener.https.ssl_policy

  # verify: requests without a certificate of these CAs are refused. Expired ones are refused too.
  mutual_authentication {
    mode                             = "verify"
    trust_store_arn                  = aws_lb_trust_store.peers[each.key].arn
    ignore_client_certificate_expiry = false
    advertise_trust_store_ca_names   = "off"
  }

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.agent.arn
  }
}

resource "aws_lb_trust_store" "peers" {
  for_each = local.mutual_tls

  name = "${local.name}-peers"

  ca_certificates_bundle_s3_bucket         = aws_s3_object.peer_authorities[each.key].bucket
  ca_certificates_bundle_s3_key            = aws_s3_object.peer_authorities[each.key].key
  ca_certificates_bundle_s3_object_version = aws_s3_object.peer_authorities[each.key].version_id
}

# Certificates are public; the bucket is closed so that nobody else can replace them.
resource "aws_s3_bucket" "peer_authorities" {
  for_each = local.mutual_tls

  #checkov:skip=CKV_AWS_145:Public certificates; the load balancer reads them without a key policy of its own
  #checkov:skip=CKV_AWS_18:One object, written by Terraform alone; CloudTrail records who reads it
  #checkov:skip=CKV_AWS_144:Certificates come from a variable; a copy in another region saves nothing
  #checkov:skip=CKV2_AWS_61:Old versions are a few kB and show which authorities were trusted when
  #checkov:skip=CKV2_AWS_62:Nothing acts on a change of this bucket
  bucket        = "${local.name}-peer-authorities-${local.account_id}"
  force_destroy = var.force_destroy
}

resource "aws_s3_bucket_versioning" "peer_authorities" {
  for_each = local.mutual_tls

  bucket = aws_s3_bucket.peer_authorities[each.key].id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "peer_authorities" {
  for_each = local.mutual_tls

  bucket                  = aws_s3_bucket.peer_authorities[each.key].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "peer_authorities" {
  for_each = local.mutual_tls

  bucket = aws_s3_bucket.peer_authorities[each.key].id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_object" "peer_authorities" {
  for_each = local.mutual_tls

  bucket       = aws_s3_bucket_versioning.peer_authorities[each.key].bucket # needs a version from the first write
  key          = "peer-authorities.pem"
  content      = each.value.ca_certificates
  content_type = "application/x-pem-file"
}
