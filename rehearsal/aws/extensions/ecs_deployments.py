"""UpdateService: a changed task definition starts a deployment; counts change only when something really runs.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html
moto sets runningCount to desiredCount and leaves the old deployment as it was.
"""

from moto.core.utils import utcnow
from moto.ecs.models import EC2ContainerServiceBackend
from moto.moto_api._internal import mock_random

from .ecs_service_settings import with_defaults

# A change of any of these starts a deployment, as force_new_deployment does.
STARTS_DEPLOYMENT = ("task_definition", "network_configuration", "platform_version", "load_balancers")


def start_deployment(service):
    now = utcnow()
    identifier = f"ecs-svc/{mock_random.randint(10**18, 10**19 - 1)}"
    for deployment in service.deployments:
        deployment["status"] = "ACTIVE"
    service.deployments.insert(
        0,
        {
            "id": identifier,
            "status": "PRIMARY",
            "taskDefinition": service.task_definition,
            "desiredCount": service.desired_count,
            "runningCount": 0,
            "pendingCount": 0,
            "failedTasks": 0,
            "createdAt": now,
            "updatedAt": now,
            "launchType": service.launch_type,
            "platformVersion": service.platform_version,
            "platformFamily": "Linux",
            "networkConfiguration": service.network_configuration,
            "rolloutState": "IN_PROGRESS",
            "rolloutStateReason": f"ECS deployment {identifier} in progress.",
        },
    )


def update_service(self, properties):
    cluster = properties.pop("cluster", "default")
    service = self._get_service(cluster, properties.pop("service").split("/")[-1])
    force = properties.pop("force_new_deployment", False)
    wanted = {name: value for name, value in properties.items() if value is not None}
    if "task_definition" in wanted:
        wanted["task_definition"] = self.describe_task_definition(wanted["task_definition"]).arn
    if "network_configuration" in wanted:
        service._validate_network(wanted["network_configuration"])
    if "deployment_configuration" in wanted:
        wanted["deployment_configuration"] = with_defaults(wanted["deployment_configuration"])
    changed = [name for name, value in wanted.items() if getattr(service, name, None) != value]
    for name in changed:
        setattr(service, name, wanted[name])
    if force or any(name in STARTS_DEPLOYMENT for name in changed):
        start_deployment(service)
    elif service.deployments:
        service.deployments[0].update(desiredCount=service.desired_count, updatedAt=utcnow())
    return service


def apply():
    EC2ContainerServiceBackend.update_service = update_service
