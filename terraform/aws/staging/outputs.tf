# Values for lornu deploy, verify, doctor and terraform/gcp/staging.

output "url" {
  description = "Where the environment answers"
  value       = local.public_url
}

output "failover_url" {
  description = "Where people go: Google Cloud while it is healthy, else here; null without fail-over"
  value       = var.failover_domain_name == "" ? null : "https://${var.failover_domain_name}"
}

output "mutual_tls_url" {
  description = "Where peers with a client certificate connect; null when closed"
  value       = var.mutual_tls == null ? null : "${local.public_url}:8443"
}

output "load_balancer_dns_name" {
  description = "Target of a CNAME for domain_name when its DNS is not in Route 53"
  value       = aws_lb.staging.dns_name
}

output "egress_addresses" {
  description = "Addresses that tasks call out from, for allow lists"
  value       = [for address in aws_eip.nat : address.public_ip]
}

output "cluster_name" {
  description = "ECS cluster"
  value       = aws_ecs_cluster.staging.name
}

output "service_name" {
  description = "ECS service within the cluster"
  value       = aws_ecs_service.agent.name
}

output "task_definition_arn" {
  description = "Task definition that this apply asked for, with its revision"
  value       = aws_ecs_task_definition.agent.arn
}

output "target_group_arn" {
  description = "Target group whose health says what is served"
  value       = aws_lb_target_group.agent.arn
}

output "private_subnet_ids" {
  description = "Subnets of the tasks, for a one-off check from inside"
  value       = [for subnet in aws_subnet.private : subnet.id]
}

output "task_security_group_id" {
  description = "Security group of the tasks, for a one-off check from inside"
  value       = aws_security_group.tasks.id
}

output "task_role_arn" {
  description = "Role that Google Cloud's workload identity provider trusts"
  value       = aws_iam_role.task.arn
}

output "log_group_name" {
  description = "Log group of the agent"
  value       = aws_cloudwatch_log_group.agent.name
}

output "secret_names" {
  description = "Secrets that tasks read: each must have a value (lornu secrets set)"
  value       = sort([for secret in data.aws_secretsmanager_secret.task : secret.name])
}

output "alarm_topic_arn" {
  description = "Topic that every alarm and the budget write to"
  value       = aws_sns_topic.alarms.arn
}
