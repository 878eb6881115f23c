"""Target health as the rehearsal's load balancer sees it, instead of always healthy.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html#target-health-states
A target that is registered and was never reported is `initial`, as on AWS before its first checks. One that drains
is no longer registered and is listed all the same.
"""

from moto.elbv2.models import ELBv2Backend, FakeHealthStatus, FakeTargetGroup

INITIAL = {
    "state": "initial",
    "reason": "Elb.RegistrationInProgress",
    "description": "Target registration is in progress",
}


def reported(group):
    return group.__dict__.setdefault("reported_health", {})


def apply():
    known = FakeTargetGroup.health_for

    def health_for(self, target, ec2_backend):
        said = reported(self).get(target["Id"])
        if target["Id"] not in self.targets and not (said and said["state"] == "draining"):
            return known(self, target, ec2_backend)
        said = said or INITIAL
        port = self.targets.get(target["Id"], {}).get("Port") or target.get("Port", self.port)
        return FakeHealthStatus(
            target["Id"], port, self.health_check_port, said["state"], said.get("reason"), said.get("description")
        )

    FakeTargetGroup.health_for = health_for

    describe = ELBv2Backend.describe_target_health

    def describe_target_health(self, target_group_arn, targets):
        described = describe(self, target_group_arn, targets)
        if targets:
            return described
        group = self.target_groups[target_group_arn]
        draining = [
            {"Id": said["id"]}
            for said in reported(group).values()
            if said["state"] == "draining" and said["id"] not in group.targets
        ]
        return [*described, *(group.health_for(target, self.ec2_backend) for target in draining)]

    ELBv2Backend.describe_target_health = describe_target_health
