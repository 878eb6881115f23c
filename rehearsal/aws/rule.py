"""A rule that AWS documents but its service models do not contain, and helpers that find values in parameters."""

import re
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Rule:
    id: str
    # Names as botocore has them: "ec2:CreateSecurityGroup".
    operations: tuple[str, ...]
    page: str
    code: str
    sentence: str
    # Takes the call. Returns True or a dictionary for the braces of the sentence if the rule is broken.
    broken: Any
    status: int = 400


def at(params, path):
    """All values at a path such as IpPermissions[].IpRanges[].Description."""
    values = [params]
    for part in path.split("."):
        many = part.endswith("[]")
        name = part.removesuffix("[]")
        found = [value[name] for value in values if isinstance(value, dict) and value.get(name) is not None]
        values = [item for value in found for item in value] if many else found
    return values


def text(paths, allowed):
    """Broken if a value at one of these paths does not match the pattern as a whole."""
    paths = (paths,) if isinstance(paths, str) else paths
    pattern = re.compile(allowed)

    def broken(call):
        for path in paths:
            for value in at(call.params, path):
                if not pattern.fullmatch(value):
                    return {"value": value}
        return None

    return broken
