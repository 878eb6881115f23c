# The parts of terraform/aws/staging that the pipeline needs: the same state, variables, outputs and
# addresses. It is planned in seconds, so every test run can take the workflow through its cases.

terraform {
  cloud {
    organization = "lornu-ai"

    workspaces {
      name = "lornu-aws-staging"
    }
  }

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.47.0, < 7.0.0"
    }
  }
}

provider "aws" {
  region = "us-east-1"
}

variable "image_digest" {
  type = string
}

variable "revision" {
  type = string
}

variable "public_url" {
  type = string
}

variable "subnets" {
  type = list(string)
}

variable "security_groups" {
  type = list(string)
}

variable "container_insights" {
  type    = string
  default = "enabled"
}

variable "cpu_architecture" {
  type    = string
  default = "X86_64"
}

resource "aws_ecs_cluster" "staging" {
  name = "lornu-staging"

  setting {
    name  = "containerInsights"
    value = var.container_insights
  }
}

resource "aws_ecs_task_definition" "agent" {
  family                   = "lornu-staging-agent"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 512
  memory                   = 1024
  task_role_arn            = "arn:aws:iam::123456789012:role/LornuEcsTaskRole"
  execution_role_arn       = "arn:aws:iam::123456789012:role/LornuEcsExecutionRole"

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.cpu_architecture
  }

  container_definitions = jsonencode([{
    name                   = "agent"
    image                  = "123456789012.dkr.ecr.us-east-1.amazonaws.com/lornu-agent@${var.image_digest}"
    essential              = true
    readonlyRootFilesystem = true
    environment            = [{ name = "LORNU_REVISION", value = var.revision }]
  }])
}

resource "aws_ecs_service" "agent" {
  name                  = "agent"
  cluster               = aws_ecs_cluster.staging.id
  task_definition       = aws_ecs_task_definition.agent.arn
  launch_type           = "FARGATE"
  platform_version      = "LATEST"
  desired_count         = 2
  wait_for_steady_state = false

  network_configuration {
    subnets         = var.subnets
    security_groups = var.security_groups
  }
}

output "url" {
  value = var.public_url
}

output "cluster_name" {
  value = aws_ecs_cluster.staging.name
}

output "service_name" {
  value = aws_ecs_service.agent.name
}

output "task_definition_arn" {
  value = aws_ecs_task_definition.agent.arn
}
