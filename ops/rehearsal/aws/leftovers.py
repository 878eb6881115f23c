"""What lies in the emulator's stores and would not lie in fresh ones: the proof that a destroy left nothing."""

from moto.core.base_backend import BackendDict

from side_door import route

# What AWS keeps too after a destroy, by the state it is in.
# https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deregister-task-definition-v2.html
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteService.html
KEPT_BY_AWS = ("INACTIVE", "PendingDeletion")
# Bookkeeping of moto, not resources.
NOT_RESOURCES = ("tagger", "tagging_service", "account_settings", "resource_count", "trackers")


def leaves(value, path):
    """Entries of nested dictionaries: moto files resources as {region: {id: thing}} and the like."""
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
    return getattr(thing, "key_state", None) or getattr(thing, "status", None)


def surplus():
    """Compared by number, because what every account has from the start gets other ids in a fresh store."""
    left, kept_by_aws = [], []
    for backends in list(BackendDict._instances):
        for account, region, backend in list(backends.iter_backends()):
            fresh = dict(contents(type(backend)(region, account)))
            for name, things in contents(backend):
                gone = [f"{backends.service_name} {name} {'/'.join(p)}" for p, t in things if state_of(t) in KEPT_BY_AWS]
                live = [f"{backends.service_name} {name} {'/'.join(p)}" for p, t in things if state_of(t) not in KEPT_BY_AWS]
                kept_by_aws += gone
                if len(live) > len(fresh.get(name, [])):
                    left += live[len(fresh.get(name, [])) :]
    return left, kept_by_aws


@route("GET", r"/rehearsal/leftovers")
def leftovers(_captured, _body):
    left, kept_by_aws = surplus()
    return {"left": sorted(left), "keptByAws": sorted(kept_by_aws)}
