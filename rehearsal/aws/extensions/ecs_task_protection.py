"""Protection of a busy task against scale-in and deployments.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateTaskProtection.html
"""

from datetime import timedelta

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ecs.exceptions import InvalidParameterException
from moto.ecs.responses import EC2ContainerServiceResponse

from .ecs_tasks import tasks_of

DEFAULT_MINUTES = 120
MOST_MINUTES = 2880


def protection_of(task):
    """An expired protection does not count, as on AWS."""
    until = getattr(task, "protected_until", None)
    if until is None or until <= utcnow():
        return {"taskArn": task.task_arn, "protectionEnabled": False}
    return {"taskArn": task.task_arn, "protectionEnabled": True, "expirationDate": until}


def pick(response):
    """Splits the requested ARNs into tasks of the cluster's services and failures: only such tasks can be protected."""
    cluster = response.ecs_backend._get_cluster(response._get_param("cluster", "default"))
    tasks = tasks_of(response.ecs_backend, cluster).values()
    known = {task.id: task for task in tasks if task.group.startswith("service:")}
    wanted = response._get_param("tasks", [])
    found = [known[arn.split("/")[-1]] for arn in wanted if arn.split("/")[-1] in known]
    failures = [{"arn": arn, "reason": "TASK_NOT_VALID"} for arn in wanted if arn.split("/")[-1] not in known]
    return found, failures


def update_task_protection(self):
    minutes = self._get_int_param("expiresInMinutes", DEFAULT_MINUTES)
    if not 1 <= minutes <= MOST_MINUTES:
        raise InvalidParameterException(f"expiresInMinutes must be between 1 and {MOST_MINUTES}.")
    tasks, failures = pick(self)
    enabled = self._get_param("protectionEnabled")
    for task in tasks:
        task.protected_until = utcnow() + timedelta(minutes=minutes) if enabled else None
    return ActionResult({"protectedTasks": [protection_of(task) for task in tasks], "failures": failures})


def get_task_protection(self):
    tasks, failures = pick(self)
    return ActionResult({"protectedTasks": [protection_of(task) for task in tasks], "failures": failures})


def apply():
    EC2ContainerServiceResponse.update_task_protection = update_task_protection
    EC2ContainerServiceResponse.get_task_protection = get_task_protection
