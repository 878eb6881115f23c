# The agent: one container, two tasks, two zones.

locals {
  # The repository belongs to bootstrap, so that images outlive this environment.
  image_repository     = "lornu-agent"
  image_repository_arn = "arn:aws:ecr:${var.region}:${local.account_id}:repository/${local.image_repository}"
  image                = "${local.account_id}.dkr.ecr.${var.region}.amazonaws.com/${local.image_repository}@${var.image_digest}"

  # The difference between the two agents besides the image: how a container checks its own health
  # with its own tools. Neither has curl.
  health_commands = {
    bun     = ["CMD", "bun", "-e", "fetch('http://127.0.0.1:8080/health',{signal:AbortSignal.timeout(9000)}).then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"]
    fastapi = ["CMD", "python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/health', timeout=9)"]
  }

  # MiB of /tmp, which count as the task's memory. The TypeScript service stores nothing there; the
  # Python agent has DATA_DIR in it.
  scratch_mib = { bun = 64, fastapi = 128 }
}

# "enhanced" is Container Insights with task metrics; the check knows "enabled" only.
#tfsec:ignore:aws-ecs-enable-container-insight
resource "aws_ecs_cluster" "staging" {
  name = local.name

  setting {
    name  = "containerInsights"
    value = "enhanced"
  }
}

resource "aws_ecs_task_definition" "agent" {
  family                   = "${local.name}-agent"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.task_size.cpu
  memory                   = var.task_size.memory
  task_role_arn            = aws_iam_role.task.arn
  execution_role_arn       = aws_iam_role.execution.arn

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.cpu_architecture
  }

  container_definitions = jsonencode([{
    name      = "agent"
    image     = local.image
    essential = true

    portMappings = [{ name = "http", containerPort = 8080, hostPort = 8080, protocol = "tcp" }]

    environment = [for name in sort(keys(local.environment)) : { name = name, value = local.environment[name] }]
    secrets     = [for name in sort(keys(local.environment_secrets)) : { name = name, valueFrom = local.environment_secrets[name] }]

    # An intruder cannot change the image; scratch files are in memory (tmpfs on Fargate exists
    # since January 2026). The user is the Dockerfile's.
    user                   = "10001:10001"
    readonlyRootFilesystem = true
    # ECS returns empty lists where they are left out; the provider compares these blocks literally
    # and would replace the task in every plan.
    linuxParameters = {
      initProcessEnabled = true # reaps children and forwards SIGTERM
      capabilities       = { add = [], drop = ["ALL"] }
      devices            = []
      tmpfs              = [{ containerPath = "/tmp", size = local.scratch_mib[var.agent_runtime], mountOptions = ["rw", "noexec", "nosuid", "nodev"] }]
    }

    # A stream is one file descriptor, often two.
    ulimits = [{ name = "nofile", softLimit = 65535, hardLimit = 65535 }]

    # The command starts a process on half a vCPU that also serves streams: a busy moment must not
    # count as unhealthy. The load balancer checks the same path more often.
    healthCheck = {
      command     = local.health_commands[var.agent_runtime]
      interval    = 15
      timeout     = 10
      retries     = 4
      startPeriod = 60 # the Python agent takes 8 to 12 s to start, and Fargate's CPU is slower
    }

    stopTimeout = local.timeouts.stop_timeout

    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.agent.name
        awslogs-region        = var.region
        awslogs-stream-prefix = var.agent_runtime
        # A slow log service must not block a stream; lines that overflow are lost.
        mode            = "non-blocking"
        max-buffer-size = "25m"
      }
    }
  }])
}

resource "aws_ecs_service" "agent" {
  name            = "agent"
  cluster         = aws_ecs_cluster.staging.id
  task_definition = aws_ecs_task_definition.agent.arn
  launch_type     = "FARGATE"
  desired_count   = var.task_count.min

  platform_version              = "LATEST"
  availability_zone_rebalancing = "ENABLED"
  enable_execute_command        = false # a shell in a task would have its role
  enable_ecs_managed_tags       = true
  propagate_tags                = "SERVICE"

  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = 60

  # `lornu deploy` waits for what is served. Terraform's own wait accepts a service that was rolled
  # back as steady, and gives up on a good deploy that drains long streams.
  wait_for_steady_state = false

  network_configuration {
    subnets          = [for subnet in aws_subnet.private : subnet.id]
    security_groups  = [aws_security_group.tasks.id]
    assign_public_ip = false
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.agent.arn
    container_name   = "agent"
    container_port   = 8080
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  # For tasks that start and then answer badly, which the circuit breaker does not see.
  alarms {
    enable   = true
    rollback = true
    alarm_names = [
      aws_cloudwatch_metric_alarm.faults.alarm_name,
      aws_cloudwatch_metric_alarm.unhealthy_targets.alarm_name,
    ]
  }

  lifecycle {
    ignore_changes = [desired_count] # autoscaling changes it
  }

  # ECS refuses a target group without a listener. A first task without its permissions, or without
  # a route to the registry and from the load balancer, fails; three failures end the first
  # deployment, which has no earlier one to return to.
  depends_on = [
    aws_route_table_association.private,
    aws_vpc_security_group_egress_rule.alb_tasks,
    aws_vpc_security_group_egress_rule.tasks_dns,
    aws_vpc_security_group_egress_rule.tasks_https,
    aws_vpc_security_group_ingress_rule.tasks_alb,
    aws_lb_listener.https,
    aws_lb_listener_rule.people,
    aws_lb_listener_rule.token,
    aws_iam_role_policy.task,
    aws_iam_role_policy.execution,
  ]
}
