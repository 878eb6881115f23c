"""Target health as the rehearsal's load balancer sees it, instead of always healthy.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html#target-health-states
A target that is registered and was never reported is `initial`, as on AWS before its first checks. One that is
deregistered drains, and is listed until the load balancer reports it as unused.
"""

from moto.elbv2.models import ELBv2Backend, FakeHealthStatus, FakeTargetGroup

INITIAL = {
    "state": "initial",
    "reason": "Elb.RegistrationInProgress",
    "description": "Target registration is in progress",
}
DRAINING = {
    "state": "draining",
    "reason": "Target.DeregistrationInProgress",
    "description": "Target deregistration is in progress",
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

    deregister = FakeTargetGroup.deregister

    def deregister_targets(self, targets):
        for target in targets:
            # No load balancer will release a target that was never reported.
            if target["Id"] in self.targets and target["Id"] in reported(self):
                reported(self)[target["Id"]] = {"id": target["Id"], **DRAINING}
        return deregister(self, targets)

    FakeTargetGroup.deregister = deregister_targets
