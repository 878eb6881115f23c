output "plan_role_arn" {
  description = "Role of pull requests and of the drift check"
  value       = aws_iam_role.plan.arn
}

output "publish_role_arn" {
  description = "Role of the job that pushes images"
  value       = aws_iam_role.publish.arn
}

output "apply_role_arn" {
  description = "Role of the approved job"
  value       = aws_iam_role.apply.arn
}

output "boundary_arn" {
  description = "Permission boundary of every role of staging"
  value       = aws_iam_policy.boundary.arn
}

output "secret_names" {
  description = "Secrets of staging, and what each holds; lornu secrets set puts a value in"
  value       = { for secret in aws_secretsmanager_secret.staging : secret.name => secret.description }
}

output "image_repository_url" {
  description = "Where images are pushed to"
  value       = aws_ecr_repository.agent.repository_url
}
