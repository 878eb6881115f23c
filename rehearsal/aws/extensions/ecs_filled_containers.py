"""Values that ECS fills in when a task definition is read back: omitted lists of Linux parameters.

Terraform compares these as they are written, so leaving them out plans a new task definition for ever.
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_KernelCapabilities.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LinuxParameters.html
"""

from moto.ecs.models import EC2ContainerServiceBackend


def filled(container):
    linux = container.get("linuxParameters")
    if not linux:
        return container
    capabilities = {"add": [], "drop": [], **linux["capabilities"]} if linux.get("capabilities") else None
    return {
        **container,
        "linuxParameters": {"devices": [], **linux, **({"capabilities": capabilities} if capabilities else {})},
    }


def apply():
    register = EC2ContainerServiceBackend.register_task_definition

    def register_filled(self, family, container_definitions, *arguments, **named):
        return register(self, family, [filled(one) for one in container_definitions], *arguments, **named)

    EC2ContainerServiceBackend.register_task_definition = register_filled
