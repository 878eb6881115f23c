"""Lists resources that a new account does not have. After a destroy the list must be empty."""

import functools

from moto.core.base_backend import BackendDict

from side_door import route

# AWS keeps these after a destroy too, in this state.
# https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deregister-task-definition-v2.html
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteService.html
# https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-working-with.html (deleted ones show for an hour)
KEPT_BY_AWS = ("INACTIVE", "PendingDeletion", "deleted")
# Nobody can delete points of metrics; AWS drops them after 15 months.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html
MEASURED = ("metric_data",)
# moto's own records, not resources. Tags of deleted resources are not resources either, and sessions expire.
NOT_RESOURCES = ("tags", "resource_tags", "_idempotency_tokens", "delegation_sets", "linked_services", "assumed_roles")


def leaves(value, path):
    """Entries of nested dictionaries: moto keeps resources as {region: {id: thing}} or similar."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, [*path, str(key)])
    elif isinstance(value, (list, set)):
        for item in value:
            yield ([*path, str(getattr(item, "arn", item))], item)
    else:
        yield (path, value)


def contents(backend):
    for name, value in vars(backend).items():
        if isinstance(value, (dict, list, set)) and name not in NOT_RESOURCES:
            yield name, list(leaves(value, []))


def state_of(thing):
    names = ("key_state", "status", "state")
    return next((getattr(thing, name) for name in names if isinstance(getattr(thing, name, None), str)), None)


def is_of_session(thing):
    """Keys from STS expire with their session."""
    return type(thing).__name__ == "AccessKey" and bool(getattr(thing, "role_arn", None))


@functools.cache
def sizes_when_new(backend_type, region, account):
    """A new account is not empty: IAM has AWS's managed policies, EC2 a default VPC."""
    return {name: len(things) for name, things in contents(backend_type(region, account))}


def surplus():
    """Compares counts, because the initial resources have other ids in each new account."""
    left, kept_by_aws = [], []
    for backends in list(BackendDict._instances):
        for account, region, backend in list(backends.iter_backends()):
            fresh = sizes_when_new(type(backend), region, account)
            for name, things in contents(backend):
                if name in MEASURED:
                    if things:
                        kept_by_aws.append(f"{backends.service_name} {name} {len(things)} points")
                    continue
                live = []
                for path, thing in things:
                    if is_of_session(thing):
                        continue
                    kept = state_of(thing) in KEPT_BY_AWS
                    (kept_by_aws if kept else live).append(f"{backends.service_name} {name} {'/'.join(path)}")
                left += live[fresh.get(name, 0) :]
    return left, kept_by_aws


@route("GET", r"/rehearsal/leftovers")
def leftovers(_captured, _body):
    left, kept_by_aws = surplus()
    return {"left": sorted(left), "keptByAws": sorted(kept_by_aws)}
