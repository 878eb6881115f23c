# The provider without AWS: computed attributes are made up, except where a resource or a reader
# checks their form.

mock_data "aws_caller_identity" {
  defaults = { account_id = "123456789012" }
}

# The document is a placeholder; tests read the statements it was made from.
mock_data "aws_iam_policy_document" {
  defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
}

# Arguments that require an ARN refuse a made-up word.

mock_resource "aws_kms_key" {
  defaults = { arn = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000" }
}

mock_resource "aws_cloudwatch_log_group" {
  defaults = { arn = "arn:aws:logs:us-east-1:123456789012:log-group:mock" }
}

mock_data "aws_secretsmanager_secret" {
  defaults = {
    arn        = "arn:aws:secretsmanager:us-east-1:123456789012:secret:lornu/staging/mock-AbCdEf"
    kms_key_id = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000"
  }
}

mock_resource "aws_sns_topic" {
  defaults = { arn = "arn:aws:sns:us-east-1:123456789012:mock" }
}

mock_resource "aws_ecs_cluster" {
  defaults = { arn = "arn:aws:ecs:us-east-1:123456789012:cluster/lornu-staging" }
}

mock_resource "aws_ecs_task_definition" {
  defaults = { arn = "arn:aws:ecs:us-east-1:123456789012:task-definition/lornu-staging-agent:1" }
}

mock_resource "aws_ecs_service" {
  defaults = { arn = "arn:aws:ecs:us-east-1:123456789012:service/lornu-staging/agent" }
}

mock_resource "aws_lb" {
  defaults = { arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/lornu-staging/0000000000000000" }
}

mock_resource "aws_lb_target_group" {
  defaults = { arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/lornu-staging-agent/0000000000000000" }
}

mock_resource "aws_lb_listener" {
  defaults = { arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/lornu-staging/0000000000000000/0000000000000000" }
}

mock_resource "aws_lb_trust_store" {
  defaults = { arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:truststore/lornu-staging-peers/0000000000000000" }
}

mock_resource "aws_wafv2_web_acl" {
  defaults = { arn = "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/lornu-staging/00000000-0000-0000-0000-000000000000" }
}

mock_resource "aws_acm_certificate" {
  defaults = { arn = "arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef" }
}

mock_resource "aws_iam_role" {
  defaults = { arn = "arn:aws:iam::123456789012:role/mock" }
}

mock_resource "aws_s3_bucket" {
  defaults = { arn = "arn:aws:s3:::mock" }
}
