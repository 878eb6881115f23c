# One page to look at while something is wrong: people's experience first, then causes.

locals {
  # title => the metrics of one graph, in CloudWatch's own form.
  dashboard_graphs = {
    "1 Running streams" = {
      stat    = "Sum"
      metrics = [[local.metric_namespace, "ActiveStreams", "Environment", "staging"]]
    }
    "2 Time to first token, ms" = {
      stat = "p50"
      metrics = [
        [local.metric_namespace, "TimeToFirstToken", "Environment", "staging", { stat = "p50" }],
        [local.metric_namespace, "TimeToFirstToken", "Environment", "staging", { stat = "p99" }],
      ]
    }
    "3 Turns and tokens" = {
      stat = "Sum"
      metrics = [
        [local.metric_namespace, "Turns", "Environment", "staging"],
        [local.metric_namespace, "Tokens", "Environment", "staging", { yAxis = "right" }],
      ]
    }
    "4 Errors" = {
      stat = "Sum"
      metrics = [
        [local.metric_namespace, "TurnErrors", "Environment", "staging"],
        [local.metric_namespace, "Faults", "Environment", "staging"],
        [local.metric_namespace, "LostTurns", "Environment", "staging"],
        ["AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", "LoadBalancer", aws_lb.staging.arn_suffix],
        ["AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", "LoadBalancer", aws_lb.staging.arn_suffix],
      ]
    }
    "5 Tasks" = {
      stat = "Minimum"
      metrics = [
        ["ECS/ContainerInsights", "RunningTaskCount", "ClusterName", aws_ecs_cluster.staging.name, "ServiceName", aws_ecs_service.agent.name],
        ["AWS/ApplicationELB", "HealthyHostCount", "LoadBalancer", aws_lb.staging.arn_suffix, "TargetGroup", aws_lb_target_group.agent.arn_suffix],
      ]
    }
    "7 First token later than 5 s, % of turns" = {
      stat    = "PR(5000:)"
      metrics = [[local.metric_namespace, "TimeToFirstToken", "Environment", "staging"]]
    }
    "6 CPU and memory, %" = {
      stat = "Maximum"
      metrics = [
        ["AWS/ECS", "CPUUtilization", "ClusterName", aws_ecs_cluster.staging.name, "ServiceName", aws_ecs_service.agent.name],
        ["AWS/ECS", "MemoryUtilization", "ClusterName", aws_ecs_cluster.staging.name, "ServiceName", aws_ecs_service.agent.name],
      ]
    }
  }
}

resource "aws_cloudwatch_dashboard" "staging" {
  dashboard_name = local.name

  dashboard_body = jsonencode({
    widgets = [
      for index, title in sort(keys(local.dashboard_graphs)) : {
        type   = "metric"
        x      = index % 2 * 12
        y      = floor(index / 2) * 6
        width  = 12
        height = 6
        properties = {
          title   = substr(title, 2, -1)
          region  = var.region
          period  = 60
          stat    = local.dashboard_graphs[title].stat
          metrics = local.dashboard_graphs[title].metrics
        }
      }
    ]
  })
}
