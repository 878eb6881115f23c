# Adds tasks when a task has many streams or high CPU; either rule may add, and tasks are only
# removed when both allow it. A task with a running stream protects itself.

resource "aws_appautoscaling_target" "agent" {
  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/${aws_ecs_cluster.staging.name}/${aws_ecs_service.agent.name}"
  min_capacity       = var.task_count.min
  max_capacity       = var.task_count.max
}

# Streams wait for Gemini and cost little CPU, so a full task can look idle.
resource "aws_appautoscaling_policy" "streams" {
  name               = "active-streams"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.agent.service_namespace
  scalable_dimension = aws_appautoscaling_target.agent.scalable_dimension
  resource_id        = aws_appautoscaling_target.agent.resource_id

  target_tracking_scaling_policy_configuration {
    target_value       = var.streams_per_task
    scale_out_cooldown = 60
    scale_in_cooldown  = 300

    customized_metric_specification {
      namespace   = local.metric_namespace
      metric_name = "ActiveStreams"
      statistic   = "Average" # each task reports its own count
      unit        = "Count"

      dimensions {
        name  = "Environment"
        value = "staging"
      }
    }
  }
}

resource "aws_appautoscaling_policy" "cpu" {
  name               = "cpu"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.agent.service_namespace
  scalable_dimension = aws_appautoscaling_target.agent.scalable_dimension
  resource_id        = aws_appautoscaling_target.agent.resource_id

  target_tracking_scaling_policy_configuration {
    target_value       = 60
    scale_out_cooldown = 60
    scale_in_cooldown  = 300

    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
  }
}
