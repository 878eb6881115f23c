"""Alarms and budgets publish to topics. The topic's and the key's policies must allow that.

A refusal stops nothing, as on AWS: nobody gets the message, and only the alarm's history tells.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html (event sources)
https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html
"""

import access
from calls import Call
from side_door import route
from stores import ACCOUNT, store, stores


def refused(service, source, topic):
    """The reason why the topic refuses a message of this service; None if it accepts it."""
    region = topic.split(":")[3]
    call = Call("sns", "Publish", {"TopicArn": topic}, region, "", "", "query", None)
    context = {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": source}
    question = access.question_of(call, {"arn": service, "policies": []}, context)
    said = access.DECISIONS[0].ask({"question": question})
    return None if said["allowed"] else said


def notify(call):
    """After a change of an alarm's state, adds each topic that it cannot publish to to the denied calls."""
    alarm = store("cloudwatch", call.region).alarms.get(call.params.get("AlarmName"))
    state = call.params.get("StateValue")
    if not access.DECISIONS or alarm is None or alarm.state_value == state:
        return
    actions = {"OK": alarm.ok_actions, "ALARM": alarm.alarm_actions}.get(state, alarm.insufficient_data_actions)
    for topic in topics_in(actions):
        said = refused("cloudwatch.amazonaws.com", alarm.alarm_arn, topic)
        if said:
            access.note(f"sns:Publish of the alarm {alarm.name}", said)


def topics_in(actions):
    return [one for one in actions if one.startswith("arn:aws:sns:")]


def publishers():
    """Every alarm and budget with a topic: its name, its service, its source ARN, its topic."""
    for backend in stores("cloudwatch").values():
        for alarm in list(backend.alarms.values()):
            for topic in sorted({*topics_in(alarm.alarm_actions), *topics_in(alarm.ok_actions)}):
                yield f"alarm {alarm.name}", "cloudwatch.amazonaws.com", alarm.alarm_arn, topic
    for name, budget in store("budgets").budgets[ACCOUNT].items():
        told = [one["Address"] for each in budget.notifications for one in each.subscribers]
        for topic in sorted(set(topics_in(told))):
            yield f"budget {name}", "budgets.amazonaws.com", f"arn:aws:budgets::{ACCOUNT}:budget/{name}", topic


@route("GET", r"/rehearsal/iam/publishers")
def try_publishers(_captured, _body):
    """Alarms and budgets, each with the reason why its topic would refuse it."""
    answers = []
    for what, service, source, topic in publishers():
        said = refused(service, source, topic) if access.DECISIONS else None
        answers.append({"what": what, "topic": topic, **({"missing": said["missing"]} if said else {})})
    return answers
