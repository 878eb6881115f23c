"""The side door's routes for the task runner and the load balancer, which report the real state.

Names are the AWS API's, so that a report reads like the Describe call that will show it.
"""

from moto.core.utils import camelcase_to_underscores, utcnow
from moto.ecs.models import ecs_backends
from moto.elbv2.models import elbv2_backends

from extensions.ecs_tasks import add_task, tasks_of
from extensions.elbv2_target_health import reported
from side_door import Refused, route

ACCOUNT, REGION = "123456789012", "us-east-1"
SERVICE_MEMBERS = ("runningCount", "pendingCount", "desiredCount", "taskDefinition")
TASK_MEMBERS = (
    "attachments",
    "availabilityZone",
    "connectivity",
    "containers",
    "desiredStatus",
    "executionStoppedAt",
    "group",
    "healthStatus",
    "lastStatus",
    "platformVersion",
    "pullStartedAt",
    "pullStoppedAt",
    "startedAt",
    "startedBy",
    "stopCode",
    "stoppedAt",
    "stoppedReason",
    "stoppingAt",
)
TARGET_STATES = ("initial", "healthy", "unhealthy", "unused", "draining", "unavailable")


def known(members, body):
    unknown = sorted(set(body) - set(members))
    if unknown:
        raise Refused(f"unknown members: {', '.join(unknown)}")
    return body


@route("PUT", r"/rehearsal/ecs/services/(?P<cluster>[^/]+)/(?P<service>[^/]+)")
def report_service(captured, body):
    """Counts, events to put in front, and the complete list of deployments, newest first.

    With expectedPrimary nothing is taken when another deployment is the primary one by now: an UpdateService that came
    in between must not be written over.
    """
    known((*SERVICE_MEMBERS, "deployments", "events", "expectedPrimary"), body)
    service = ecs_backends[ACCOUNT][REGION]._get_service(captured["cluster"], captured["service"])
    primary = service.deployments[0]["id"] if service.deployments else None
    if body.get("expectedPrimary", primary) != primary:
        return {"taken": False}
    for name in SERVICE_MEMBERS:
        if name in body:
            setattr(service, camelcase_to_underscores(name), body[name])
    if "deployments" in body:
        before = {deployment["id"]: deployment for deployment in service.deployments}
        fresh = {"createdAt": utcnow(), "launchType": service.launch_type, "failedTasks": 0}
        service.deployments = [
            {**before.get(deployment["id"], fresh), **deployment, "updatedAt": utcnow()}
            for deployment in body["deployments"]
        ]
    for event in body.get("events", []):
        service.events.insert(0, {"id": event["id"], "createdAt": utcnow(), "message": event["message"]})
    return {"taken": True}


@route("PUT", r"/rehearsal/ecs/tasks/(?P<cluster>[^/]+)/(?P<task>[0-9a-f-]+)")
def report_task(captured, body):
    """Makes the task on its first report, which names its taskDefinition."""
    known((*TASK_MEMBERS, "taskDefinition"), body)
    backend = ecs_backends[ACCOUNT][REGION]
    cluster = backend._get_cluster(captured["cluster"])
    tasks = {task.id: task for task in tasks_of(backend, cluster).values()}
    task = tasks.get(captured["task"])
    if task is None:
        definition = backend.describe_task_definition(body["taskDefinition"])
        task = add_task(backend, cluster, definition, captured["task"])
    for name in TASK_MEMBERS:
        if name in body:
            setattr(task, camelcase_to_underscores(name), body[name])
    return {"taskArn": task.task_arn}


@route("DELETE", r"/rehearsal/ecs/tasks/(?P<cluster>[^/]+)/(?P<task>[0-9a-f-]+)")
def forget_task(captured, _body):
    """AWS forgets a stopped task after an hour; a rehearsal need not wait."""
    backend = ecs_backends[ACCOUNT][REGION]
    cluster = backend._get_cluster(captured["cluster"])
    tasks = tasks_of(backend, cluster)
    for arn in [arn for arn, task in tasks.items() if task.id == captured["task"]]:
        del tasks[arn]
    return {}


@route("PUT", r"/rehearsal/elbv2/target-health")
def report_target_health(_captured, body):
    """{"targetGroupArn": ..., "targets": [{"id": ..., "state": ..., "reason"?, "description"?}]}.

    Targets that are not named keep their state; "unused" removes one. Of a target that is no longer registered only
    "draining" and "unused" are taken: what was seen before its deregistration comes too late.
    """
    group = elbv2_backends[ACCOUNT][REGION].target_groups.get(body["targetGroupArn"])
    if group is None:
        raise Refused(f"no target group {body['targetGroupArn']}")
    for target in body["targets"]:
        if target["state"] not in TARGET_STATES:
            raise Refused(f"{target['state']} is not one of {', '.join(TARGET_STATES)}")
    for target in body["targets"]:
        if target["state"] == "unused":
            reported(group).pop(target["id"], None)
        elif target["id"] in group.targets or target["state"] == "draining":
            reported(group)[target["id"]] = target
    return {"targets": len(body["targets"])}
