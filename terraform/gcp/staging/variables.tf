variable "project_id" {
  description = "Google Cloud project that holds the staging database"
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "project_id must be a project id, not its number."
  }
}

variable "location" {
  description = "Region of database and bucket, close to AWS's region: every turn writes there"
  type        = string
  default     = "us-east4"

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.location))
    error_message = "location must be a region such as us-east4; it cannot be changed once the database exists."
  }
}

variable "aws_account_id" {
  description = "AWS account of staging"
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.aws_account_id))
    error_message = "aws_account_id must be 12 digits."
  }
}

variable "aws_task_role_name" {
  description = "Name of the task role; output task_role_arn of terraform/aws/staging ends with it"
  type        = string
  default     = "LornuEcsTaskRole"

  # google.subject holds the role's ARN and session in 127 characters.
  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,55}$", var.aws_task_role_name))
    error_message = "aws_task_role_name must be a role name of at most 55 characters, or the federated subject is refused."
  }
}

variable "traces" {
  description = "Let the agent write traces to this project's Cloud Trace; trace_share of terraform/aws/staging says how many"
  type        = bool
  default     = false
  nullable    = false
}

variable "deletion_protection" {
  description = "Refuse to delete the database, and keep the bucket while it holds objects"
  type        = bool
  default     = true
  nullable    = false
}
