# The alarms, and where they go. Each alarm notifies the topic on ALARM and OK.

resource "aws_sns_topic" "alarms" {
  name              = "${local.name}-alarms"
  kms_master_key_id = aws_kms_key.operations.arn
}

resource "aws_sns_topic_policy" "alarms" {
  arn    = aws_sns_topic.alarms.arn
  policy = data.aws_iam_policy_document.alarms_topic.json
}

data "aws_iam_policy_document" "alarms_topic" {
  statement {
    sid       = "AlarmsAndBudgetOfThisAccount"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.alarms.arn]

    principals {
      type        = "Service"
      identifiers = ["budgets.amazonaws.com", "cloudwatch.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }
  }
}

resource "aws_sns_topic_subscription" "email" {
  for_each = var.alarm_emails

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = each.value
}

# Responses of the load balancer itself: no target, or one that closed the connection.
resource "aws_cloudwatch_metric_alarm" "load_balancer_5xx" {
  alarm_name          = "${local.name}-load-balancer-5xx"
  alarm_description   = "The load balancer answers 5xx itself: no healthy task, or tasks that cut connections. See docs/operations.md, \"The load balancer answers 5xx\"."
  namespace           = "AWS/ApplicationELB"
  metric_name         = "HTTPCode_ELB_5XX_Count"
  dimensions          = { LoadBalancer = aws_lb.staging.arn_suffix }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  comparison_operator = "GreaterThanThreshold"
  threshold           = 5
  treat_missing_data  = "notBreaching" # no data without requests
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

# Also rolls a deployment back (ecs.tf): bugs that authenticated callers met, which nobody from
# outside can cause. docs/decisions/0151-a-rollback-counts-our-own-faults.md
resource "aws_cloudwatch_metric_alarm" "faults" {
  alarm_name          = "${local.name}-faults"
  alarm_description   = "The agent fails by bugs of its own. During a deployment this rolls it back. See docs/operations.md, \"The service has faults\"."
  namespace           = local.metric_namespace
  metric_name         = "Faults"
  dimensions          = { Environment = "staging" }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  comparison_operator = "GreaterThanThreshold"
  threshold           = 5
  treat_missing_data  = "notBreaching" # no data without faults
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

# Only notifies: it also counts outages of Gemini or a store, and errors that callers cause.
resource "aws_cloudwatch_metric_alarm" "target_5xx" {
  alarm_name          = "${local.name}-target-5xx"
  alarm_description   = "The agent answers 5xx: by bugs (see faults), or because Gemini or a store does not answer. See docs/operations.md, \"Turns fail\"."
  namespace           = "AWS/ApplicationELB"
  metric_name         = "HTTPCode_Target_5XX_Count"
  dimensions          = { LoadBalancer = aws_lb.staging.arn_suffix, TargetGroup = aws_lb_target_group.agent.arn_suffix }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  comparison_operator = "GreaterThanThreshold"
  threshold           = 5
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

# Also rolls a deployment back. Three minutes, so that one starting task causes no alarm.
resource "aws_cloudwatch_metric_alarm" "unhealthy_targets" {
  alarm_name          = "${local.name}-unhealthy-targets"
  alarm_description   = "A task has failed its health check for three minutes. During a deployment this rolls it back. See docs/operations.md, \"Tasks are unhealthy\"."
  namespace           = "AWS/ApplicationELB"
  metric_name         = "UnHealthyHostCount"
  dimensions          = { LoadBalancer = aws_lb.staging.arn_suffix, TargetGroup = aws_lb_target_group.agent.arn_suffix }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

# Measured until the response headers, so a long stream does not count as slow.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
resource "aws_cloudwatch_metric_alarm" "p99" {
  alarm_name          = "${local.name}-p99"
  alarm_description   = "One request in a hundred waits over 5 s for the first byte of its answer. See docs/operations.md, \"Answers begin late\"."
  namespace           = "AWS/ApplicationELB"
  metric_name         = "TargetResponseTime"
  dimensions          = { LoadBalancer = aws_lb.staging.arn_suffix, TargetGroup = aws_lb_target_group.agent.arn_suffix }
  extended_statistic  = "p99"
  period              = 300
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  comparison_operator = "GreaterThanThreshold"
  threshold           = 5
  treat_missing_data  = "notBreaching"

  evaluate_low_sample_count_percentiles = "ignore" # p99 of three requests is their slowest

  alarm_actions = [aws_sns_topic.alarms.arn]
  ok_actions    = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "no_running_task" {
  alarm_name          = "${local.name}-no-running-task"
  alarm_description   = "No task runs: the environment is down. See docs/operations.md, \"No task runs\"."
  namespace           = "ECS/ContainerInsights"
  metric_name         = "RunningTaskCount"
  dimensions          = { ClusterName = aws_ecs_cluster.staging.name, ServiceName = aws_ecs_service.agent.name }
  statistic           = "Minimum"
  period              = 60
  evaluation_periods  = 2
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching" # no data if no task runs
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

# One address of a NAT gateway holds 55,000 connections to one destination; beyond that, calls to
# Gemini fail without an error message.
resource "aws_cloudwatch_metric_alarm" "nat_ports" {
  for_each = aws_nat_gateway.staging

  alarm_name          = "${local.name}-nat-ports-${each.key}"
  alarm_description   = "The NAT gateway has no free port: calls to Google fail. See docs/operations.md, \"No free ports\"."
  namespace           = "AWS/NATGateway"
  metric_name         = "ErrorPortAllocation"
  dimensions          = { NatGatewayId = each.value.id }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

# For the whole account: a filter by tag silently shows nothing until the tag has been activated for
# billing. Gemini is billed by Google and is not included.
resource "aws_budgets_budget" "spend" {
  name         = "${local.name}-spend"
  budget_type  = "COST"
  limit_amount = tostring(var.monthly_budget_usd)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  notification {
    notification_type         = "ACTUAL"
    comparison_operator       = "GREATER_THAN"
    threshold                 = 80
    threshold_type            = "PERCENTAGE"
    subscriber_sns_topic_arns = [aws_sns_topic.alarms.arn]
  }

  notification {
    notification_type         = "FORECASTED"
    comparison_operator       = "GREATER_THAN"
    threshold                 = 100
    threshold_type            = "PERCENTAGE"
    subscriber_sns_topic_arns = [aws_sns_topic.alarms.arn]
  }
}
