"""Composite alarms, which moto describes and deletes but cannot create.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html (AlarmTypes)
"""

import re

from moto.cloudwatch.exceptions import ValidationError
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import EmptyResult

NAMED = re.compile(r'\b(?:ALARM|OK|INSUFFICIENT_DATA)\("?([^")]+)"?\)')


def put_composite_alarm(self):
    rule = self._get_param("AlarmRule")
    named = [name.split(":alarm:")[-1] for name in NAMED.findall(rule)]
    missing = [name for name in named if name not in self.cloudwatch_backend.alarms]
    if missing:
        raise ValidationError(f"Could not save the composite alarm as alarm {missing[0]} was not found")
    left = re.sub(r"\b(AND|OR|NOT|TRUE|FALSE)\b|[()\s]", "", NAMED.sub("", rule))
    if left or not named:
        raise ValidationError("AlarmRule contains invalid expression")
    self.put_metric_alarm()
    return EmptyResult()


def apply():
    describe = CloudWatchResponse.describe_alarms

    def describe_alarms(self):
        answer = describe(self)
        # Metric alarms only, if the request names no type.
        types = self._get_param("AlarmTypes") or ["MetricAlarm"]
        for kind in ("MetricAlarm", "CompositeAlarm"):
            if kind not in types:
                answer.result[f"{kind}s"] = []
        return answer

    CloudWatchResponse.put_composite_alarm = put_composite_alarm
    CloudWatchResponse.describe_alarms = describe_alarms
