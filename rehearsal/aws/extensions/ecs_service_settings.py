"""Settings of a service that moto ignores: deployment, circuit breaker, alarms, grace period and the like.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html
"""

from moto.core.utils import camelcase_to_underscores
from moto.ecs.responses import EC2ContainerServiceResponse

KEPT = (
    "availabilityZoneRebalancing",
    "capacityProviderStrategy",
    "deploymentConfiguration",
    "enableECSManagedTags",
    "enableExecuteCommand",
    "healthCheckGracePeriodSeconds",
    "placementConstraints",
    "placementStrategy",
)
# AWS's defaults for omitted members of the request.
DEFAULTS = {"enableECSManagedTags": False, "enableExecuteCommand": False}
ROLLING_DEFAULTS = {"maximumPercent": 200, "minimumHealthyPercent": 100, "strategy": "ROLLING", "bakeTimeInMinutes": 0}


def with_defaults(configuration):
    """Default percentages of a rolling update, if the request omits them."""
    return {**ROLLING_DEFAULTS, **(configuration or {})}


def apply():
    create = EC2ContainerServiceResponse.create_service

    def create_service(self):
        result = create(self)
        service = result.result["service"]
        for name in KEPT:
            value = self._get_param(name)
            if value is None:
                value = DEFAULTS.get(name)
            if value is not None:
                setattr(service, camelcase_to_underscores(name), value)
        service.deployment_configuration = with_defaults(self._get_param("deploymentConfiguration"))
        service.created_at = service.deployments[0]["createdAt"] if service.deployments else None
        return result

    EC2ContainerServiceResponse.create_service = create_service
