"""Counts changes of the network: a reader with a copy need not read it again while the number is the same."""

from side_door import route

SERVICES = {"ec2", "elbv2", "route53"}
READING = ("Describe", "Get", "List")

counted = {"network": 0}


def count(call):
    if call.service in SERVICES and not call.operation.startswith(READING):
        counted["network"] += 1


@route("GET", r"/rehearsal/changes")
def changes(_captured, _body):
    """Calls so far that may have changed the network."""
    return counted
