# Connections to AWS that do not leave the VPC.

# Free, and image layers (the largest traffic of a deploy) cost no NAT fees.
resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.staging.id
  service_name      = "com.amazonaws.${var.region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [for table in aws_route_table.private : table.id]
  policy            = data.aws_iam_policy_document.s3_endpoint.json

  tags = { Name = "${local.name}-s3" }
}

# Tasks only read image layers from S3.
data "aws_iam_policy_document" "s3_endpoint" {
  statement {
    sid       = "ReadImageLayers"
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:::prod-${var.region}-starport-layer-bucket/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
}

# Off by default: four endpoints in two zones cost about 58 USD a month (8 x 0.01 USD an hour), more
# than the NAT gateway, which Gemini and Firestore need anyway.
resource "aws_vpc_endpoint" "interface" {
  for_each = var.interface_endpoints ? toset(["ecr.api", "ecr.dkr", "logs", "secretsmanager"]) : toset([])

  vpc_id              = aws_vpc.staging.id
  service_name        = "com.amazonaws.${var.region}.${each.key}"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = [for subnet in aws_subnet.private : subnet.id]
  security_group_ids  = [aws_security_group.endpoints["staging"].id]

  tags = { Name = "${local.name}-${each.key}" }
}
