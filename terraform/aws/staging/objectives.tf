# Service level objectives: what people may expect of a turn, and alarms on how fast the error budget is used up.
# A pair of windows each: the long one says that it matters, the short one that it is still going on, so that the alarm
# ends soon after the incident. Burn rates and windows: https://sre.google/workbook/alerting-on-slos/ (table 5-8).
# What to do: docs/operations.md, "When an alarm rings".

locals {
  objectives = {
    turns = {
      objective = 99.5 # per cent of turns that do not fail
      what      = "turns fail"
      section   = "Turns fail"
      metrics = {
        bad = { name = "TurnErrors", stat = "Sum" }
        all = { name = "Turns", stat = "Sum" }
      }
      # A few failures at night are no incident, whatever share of a handful of turns they are.
      bad_share = "IF(bad >= 5, 100 * bad / all, 0)"
    }
    first-token = {
      objective = 99 # per cent of turns whose first frame is there within 5 s
      what      = "answers begin later than after 5 s"
      section   = "Answers begin late"
      metrics = {
        late = { name = "TimeToFirstToken", stat = "PR(5000:)" }
        all  = { name = "TimeToFirstToken", stat = "SampleCount" }
      }
      bad_share = "IF(late * all >= 500, late, 0)"
    }
  }

  # At this rate a month's budget is gone in two days (fast) or in five (slow).
  burn_rates = {
    fast = { rate = 14.4, long = 3600, short = 300 }
    slow = { rate = 6, long = 21600, short = 1800 }
  }

  burns = merge([
    for name, one in local.objectives : {
      for speed, burn in local.burn_rates : "${name}-${speed}" => merge(one, burn, { name = name, speed = speed })
    }
  ]...)

  burn_windows = merge([
    for name, burn in local.burns : {
      for window in ["long", "short"] : "${name}-${window}" => merge(burn, { window = window, period = burn[window] })
    }
  ]...)
}

# Half of a pair: tells nobody by itself.
resource "aws_cloudwatch_metric_alarm" "burn" {
  for_each = local.burn_windows

  alarm_name          = "${local.name}-burn-${each.key}"
  alarm_description   = "Half of an alarm: of the last ${each.value.period / 60} minutes, ${each.value.what}. See docs/operations.md, \"${each.value.section}\"."
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.rate * (100 - each.value.objective)
  treat_missing_data  = "notBreaching" # no turn, no failure

  dynamic "metric_query" {
    for_each = each.value.metrics

    content {
      id = metric_query.key

      metric {
        namespace   = local.metric_namespace
        metric_name = metric_query.value.name
        dimensions  = { Environment = "staging" }
        period      = each.value.period
        stat        = metric_query.value.stat
      }
    }
  }

  metric_query {
    id          = "share"
    expression  = each.value.bad_share
    label       = "Bad turns, %"
    return_data = true
  }
}

resource "aws_cloudwatch_composite_alarm" "burn" {
  for_each = local.burns

  alarm_name        = "${local.name}-burn-${each.key}"
  alarm_description = "More ${each.value.what} than the objective of ${each.value.objective} % allows, ${each.value.rate} times as fast. See docs/operations.md, \"${each.value.section}\"."
  alarm_rule        = "ALARM(\"${aws_cloudwatch_metric_alarm.burn["${each.key}-long"].alarm_name}\") AND ALARM(\"${aws_cloudwatch_metric_alarm.burn["${each.key}-short"].alarm_name}\")"
  alarm_actions     = [aws_sns_topic.alarms.arn]
  ok_actions        = [aws_sns_topic.alarms.arn]
}

# Its objective is that there is none: every accepted turn comes to an end, whatever happens to its process.
resource "aws_cloudwatch_metric_alarm" "lost_turns" {
  alarm_name          = "${local.name}-lost-turns"
  alarm_description   = "A turn was accepted and no process could go on with it. See docs/operations.md, \"A turn was lost\"."
  namespace           = local.metric_namespace
  metric_name         = "LostTurns"
  dimensions          = { Environment = "staging" }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching" # no lost turn, no line
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}
