"""Tasks that really run: RunTask requests one, the task runner starts it and reports its states.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html
moto's own tasks are RUNNING from the start and draw network interfaces that nothing uses.
"""

import uuid

from moto.core.utils import utcnow
from moto.ecs.exceptions import InvalidParameterException
from moto.ecs.models import EC2ContainerServiceBackend


class ReportedTask:
    """A task as DescribeTasks shows it; the attributes follow the API's member names."""

    def __init__(self, cluster, definition, identifier=None):
        self.id = identifier or uuid.uuid4().hex
        self.cluster_name = cluster.name
        self.cluster_arn = cluster.arn
        # As on AWS, the id follows the cluster's name in a task's ARN.
        self.task_arn = f"{cluster.arn.replace(':cluster/', ':task/')}/{self.id}"
        self.task_definition_arn = definition.arn
        self.cpu, self.memory = definition.cpu, definition.memory
        self.container_instance_arn = None
        self.created_at = utcnow()
        self.group = f"family:{definition.family}"
        self.last_status = "PROVISIONING"
        self.desired_status = "RUNNING"
        self.launch_type = "FARGATE"
        self.started_by = None
        self.overrides = {}
        self.attachments = []
        self.containers = []
        self.tags = []

    def advance(self):
        """moto calls this to advance its own tasks; these change only by reports."""


def tasks_of(backend, cluster):
    return backend.tasks.setdefault(cluster.name, {})


def add_task(backend, cluster, definition, identifier=None):
    task = ReportedTask(cluster, definition, identifier)
    tasks_of(backend, cluster)[task.task_arn] = task
    return task


def find_task(backend, cluster, reference):
    identifier = reference.split("/")[-1]
    for task in tasks_of(backend, cluster).values():
        if task.id == identifier:
            return task
    raise InvalidParameterException("The referenced task was not found.")


def run_task(
    self,
    cluster_str,
    task_definition_str,
    count,
    overrides,
    started_by,
    tags,
    launch_type,
    networking_configuration=None,
    group=None,
    *_other,
):
    cluster = self._get_cluster(cluster_str)
    definition = self.describe_task_definition(task_definition_str)
    if not networking_configuration:
        raise InvalidParameterException(
            "Network Configuration must be provided when networkMode 'awsvpc' is specified."
        )
    tasks = [add_task(self, cluster, definition) for _ in range(count)]
    for task in tasks:
        task.overrides = overrides or {}
        task.started_by = started_by
        task.tags = tags or []
        task.launch_type = launch_type or "FARGATE"
        task.group = group or task.group
        task.network_configuration = networking_configuration
        subnet = networking_configuration["awsvpcConfiguration"]["subnets"][0]
        details = [{"name": "subnetId", "value": subnet}]
        task.attachments = [
            {"id": task.id, "type": "ElasticNetworkInterface", "status": "PRECREATED", "details": details}
        ]
    return tasks


def stop_task(self, cluster_str, task_str, reason):
    """Only sets desiredStatus: the task runner reads it, stops the task and reports STOPPED."""
    task = find_task(self, self._get_cluster(cluster_str), task_str)
    task.desired_status = "STOPPED"
    task.stopped_reason = reason or "Task stopped by user"
    task.stop_code = "UserInitiated"
    return task


def apply():
    list_known = EC2ContainerServiceBackend.list_tasks

    def list_tasks(
        self, cluster_str=None, container_instance=None, family=None, started_by=None, service_name=None, status=None
    ):
        # RUNNING is AWS's default filter.
        tasks = list_known(self, cluster_str, container_instance, family, started_by, None, status or "RUNNING")
        return [task for task in tasks if not service_name or task.group == f"service:{service_name}"]

    EC2ContainerServiceBackend.list_tasks = list_tasks
    EC2ContainerServiceBackend.run_task = run_task
    EC2ContainerServiceBackend.stop_task = stop_task
